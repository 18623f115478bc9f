"""What can be read of the account's directory without changing anything."""

from collections.abc import Sequence
from typing import Protocol

from services.conversation.domain.directory import Account
from services.conversation.use_cases.ports import Chatbot


class Directory(Protocol):
    """Always of one account."""

    async def account(self, account_id: str) -> Account | None:
        """The account."""

    async def chatbot(self, account_id: str, chatbot_id: str) -> Chatbot | None:
        """One chatbot."""

    async def chatbots(self, account_id: str, after: str | None, limit: int) -> Sequence[Chatbot]:
        """Chatbots behind the id `after`, in the order of their ids."""
