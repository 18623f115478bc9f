"""What the use cases about the account's directory need from outside."""

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


class Directory(Protocol):
    """What can be read of the directory without changing anything; always of one account."""

    async def account(self, account_id: str) -> Account | None:
        """The account."""
