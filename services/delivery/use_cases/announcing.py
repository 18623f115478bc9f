"""Puts this service's events into their envelopes."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.base import SYSTEM
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope, wrap
from services.delivery.domain.reply import Reply
from services.delivery.domain.verdict import Released, event_of
from services.delivery.use_cases.ports import NewId

SOURCE = "/parley/delivery"


@dataclass(frozen=True, slots=True)
class Announcing:
    """Makes envelopes; `new_id` gives each event its id."""

    new_id: NewId

    def outcome(self, reply: Reply, released: Released, moment: datetime) -> Envelope:
        """What came of a message, as part of the chain that began with the message recorded."""
        envelope = wrap(
            event_of(reply, released, moment),
            id=self.new_id(),
            source=SOURCE,
            time=moment,
            accountid=reply.account_id,
            subject=reply.conversation_id,
            traceparent=reply.traceparent,
        )
        return envelope.model_copy(
            update={
                "correlationid": reply.correlation_id or envelope.correlationid,
                "causationid": reply.causation_id,
            }
        )

    def connection_changed(self, connection_id: str, account_id: str, moment: datetime) -> Envelope:
        """A connection is not what it was."""
        return wrap(
            ConnectionChanged(actor=SYSTEM, occurred_at=moment, connection_id=connection_id),
            id=self.new_id(),
            source=SOURCE,
            time=moment,
            accountid=account_id,
        )
