"""What is whose work, what waits, and who is there: in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from libs.contracts.base import Command, Event
from libs.contracts.envelope import wrap
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.presence import Presence
from libs.contracts.topology import CONVERSATION_COMMANDS
from libs.contracts.vocabulary import Role, Status
from services.conversation.domain.assigning import Worker
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.presence import PresenceLease


class InMemoryAssigningRecords:
    """A part of the port Transaction."""

    _records: Any
    _account_id: str

    def true_load(self, person_id: str) -> int:
        """Open conversations of somebody, counted one by one."""
        return sum(
            key[0] == self._account_id
            and one.assignee_id == person_id
            and one.status in {Status.ACTIVE, Status.HANDED_OFF}
            for key, one in self._records.conversations.items()
        )

    def count_work(self, conversation: Conversation, limit: int | None) -> None:
        before, after = conversation.stored_work.holder, conversation.work.holder
        for person_id, change in ((before, -1), (after, 1)):
            if person_id is None or before == after:
                continue
            key = (self._account_id, person_id)
            known = self._records.loads.get(key)
            load = self.true_load(person_id) if known is None else known + change
            if change > 0 and limit is not None and load > limit:
                raise TransientError(ErrorCode.CONFLICT, "somebody else was faster")
            self._records.loads[key] = load

    async def oldest_waiting(self, departments: Sequence[str | None]) -> Conversation | None:
        waiting = [
            one
            for key, one in self._records.conversations.items()
            if key[0] == self._account_id and one.work.waits and one.department in departments
        ]
        waiting.sort(key=lambda one: (one.handed_off_at or one.updated_at, one.id))
        return deepcopy(waiting[0]) if waiting else None

    async def workers(self, now: datetime) -> Sequence[Worker]:
        online = {
            lease.person_id
            for key, lease in self._records.leases.items()
            if key[0] == self._account_id and lease.state is Presence.ONLINE and lease.until > now
        }
        found = []
        for (account_id, person_id), person in sorted(self._records.people.items()):
            if account_id == self._account_id and person_id in online and person.role != Role.USER:
                load = self._records.loads.get((account_id, person_id))
                found.append(Worker(person, self.true_load(person_id) if load is None else load))
        return found

    async def presence_leases(self, person_id: str) -> Sequence[PresenceLease]:
        return [
            lease for key, lease in self._records.leases.items() if key[:2] == (self._account_id, person_id)
        ]

    async def put_presence_lease(self, lease: PresenceLease) -> None:
        self._records.leases[self._account_id, lease.person_id, lease.lease_id] = lease

    async def delete_presence_leases(self, leases: Sequence[PresenceLease]) -> None:
        for lease in leases:
            self._records.leases.pop((self._account_id, lease.person_id, lease.lease_id), None)

    async def expired_presence(self, now: datetime, limit: int) -> Sequence[PresenceLease]:
        found = [
            lease
            for key, lease in self._records.leases.items()
            if key[0] == self._account_id and lease.until <= now
        ]
        return sorted(found, key=lambda lease: lease.until)[:limit]

    def tell_account(self, command: Command) -> None:
        self.send(command, exchange=CONVERSATION_COMMANDS, subject="")  # type: ignore[attr-defined]

    def publish(self, event: Event) -> None:
        self._records.events.append(
            wrap(
                event,
                id=f"event-{len(self._records.events)}",
                source="fake",
                time=event.occurred_at,
                accountid=self._account_id,
            )
        )


class InMemoryPresence:
    """Implements the port PresenceReads."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def present(self, account_id: str, now: datetime) -> Sequence[PresenceLease]:
        return [
            lease
            for key, lease in self._store.records.leases.items()
            if key[0] == account_id and lease.until > now
        ]
