"""What the use cases about the account's directory need of a transaction."""

from typing import Protocol

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
