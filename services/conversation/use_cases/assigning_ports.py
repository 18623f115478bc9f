"""What automatic assignment and presence need of a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.contracts.base import Command, Event
from services.conversation.domain.assigning import Worker
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.presence import PresenceLease


class AssigningRecords(Protocol):
    """A part of the port Transaction."""

    async def oldest_waiting(self, departments: Sequence[str | None]) -> Conversation | None:
        """Of the conversations that wait for somebody in these departments, the one that waits longest."""

    async def save_assigned(self, conversation: Conversation, limit: int | None) -> None:
        """Like `save`, but raises TransientError `conflict` when the assignee would have more than `limit`
        open conversations: somebody else has given them one meanwhile.
        """

    async def workers(self, now: datetime) -> Sequence[Worker]:
        """Who is online, with what is theirs already."""

    async def presence_leases(self, person_id: str) -> Sequence[PresenceLease]:
        """The leases of somebody, also those that have run out."""

    async def put_presence_lease(self, lease: PresenceLease) -> None:
        """Keep a lease, new or not."""

    async def delete_presence_leases(self, leases: Sequence[PresenceLease]) -> None:
        """Forget leases."""

    async def expired_presence(self, now: datetime, limit: int) -> Sequence[PresenceLease]:
        """Leases of the account that have run out, the oldest first."""

    def tell_account(self, command: Command) -> None:
        """Have a command published to the account's partition once all this is kept."""

    def publish(self, event: Event) -> None:
        """Have an event that is of no conversation published once all this is kept."""


class PresenceReads(Protocol):
    """What can be read of presence."""

    async def present(self, account_id: str, now: datetime) -> Sequence[PresenceLease]:
        """The leases of an account that have not run out."""
