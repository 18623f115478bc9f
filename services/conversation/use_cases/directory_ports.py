"""What the use cases about the account's directory need of a transaction."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.conversation import Person
from services.conversation.domain.directory import Account


class DirectoryRecords(Protocol):
    """A part of the port Transaction: one account's directory."""

    async def account(self) -> Account | None:
        """The account, once it is registered."""

    async def put_account(self, account: Account) -> None:
        """Keep the account, new or not."""

    async def users_of_department(self, department_id: str) -> str | None:
        """What still belongs to a department: `people`, `chatbots`, `open conversations`, or nothing."""

    async def chatbot_is_used(self, chatbot_id: str) -> bool:
        """Whether a chatbot has open conversations."""

    async def delete_chatbot(self, chatbot_id: str) -> None:
        """Forget a chatbot."""

    async def person_of_email(self, email: str) -> Person | None:
        """The person of an email address."""

    async def other_admins(self, person_id: str) -> int:
        """How many administrators there are beside somebody. Of two transactions that ask, one fails: both
        could take away what the other counts on.
        """

    async def open_work_of(self, person_id: str, limit: int) -> Sequence[str]:
        """Ids of open conversations that are assigned to somebody, the newest activity first."""

    async def delete_person(self, person_id: str) -> None:
        """Forget a person."""
