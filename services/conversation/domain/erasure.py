"""An erasure under way: who has not said yet that nothing is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.contracts.contacts import ContactAlias
from libs.contracts.erasure import SERVICES, ErasureView

#: Services that take a conversation's own event, in its order.
OF_CONVERSATION = ("conversation", "delivery", "notify")
#: Services that are told once, when the conversations are done.
OF_PERSON = ("gateway", "ai")


@dataclass(kw_only=True)
class Erasure:
    """`waiting` holds `<service>` or `<service>:<conversation id>`. The aliases go when it is done."""

    id: str
    account_id: str
    contact_id: str
    contact_ids: tuple[str, ...]
    aliases: tuple[ContactAlias, ...]
    conversation_ids: tuple[str, ...]
    requested_at: datetime
    done_at: datetime | None = None
    waiting: set[str] = field(default_factory=set)

    @classmethod
    def begin(
        cls,
        *,
        id: str,  # noqa: A002 - the field's name
        account_id: str,
        contact_id: str,
        contact_ids: Sequence[str],
        aliases: Sequence[ContactAlias],
        conversation_ids: Sequence[str],
        at: datetime,
    ) -> "Erasure":
        """Everybody is waited for."""
        waiting = {f"{service}:{one}" for service in OF_CONVERSATION for one in conversation_ids}
        return cls(
            id=id,
            account_id=account_id,
            contact_id=contact_id,
            contact_ids=tuple(contact_ids),
            aliases=tuple(aliases),
            conversation_ids=tuple(conversation_ids),
            requested_at=at,
            waiting=waiting | set(OF_PERSON),
        )

    def acknowledge(self, service: str, conversation_id: str | None, at: datetime) -> bool:
        """Somebody has nothing left; whether that was not known yet."""
        token = f"{service}:{conversation_id}" if conversation_id else service
        if token not in self.waiting:
            return False
        self.waiting.discard(token)
        if not self.waiting:
            self.done_at = at
            self.aliases = ()
        return True

    @property
    def open_conversations(self) -> list[str]:
        """Conversations of which somebody still has something."""
        return sorted({token.partition(":")[2] for token in self.waiting if ":" in token})

    @property
    def open_services(self) -> list[str]:
        """Services to be told about the person: none before the conversations are done, so that nothing of
        them is on its way any more.
        """
        return [] if self.open_conversations else sorted(self.waiting)

    def view(self) -> ErasureView:
        """As an admin follows it."""
        waiting = {token.partition(":")[0] for token in self.waiting}
        return ErasureView(
            id=self.id,
            contact_id=self.contact_id,
            status="done" if self.done_at else "running",
            waiting_for=tuple(service for service in SERVICES if service in waiting),
            conversations=len(self.conversation_ids),
            requested_at=self.requested_at,
            done_at=self.done_at,
        )
