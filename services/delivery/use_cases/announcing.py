"""Puts this service's events into their envelopes."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.base import SYSTEM
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection
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

    def changed(self, connection: Connection, moment: datetime) -> Envelope:
        """A connection is not what it was, with what people want to know of it."""
        event = ConnectionChanged(
            actor=SYSTEM,
            occurred_at=moment,
            connection_id=connection.id,
            chatbot_id=connection.chatbot_id,
            channel=Channel(connection.channel),
            name=connection.name,
            status=connection.status.value,
            reason=connection.reason,
        )
        return wrap(event, id=self.new_id(), source=SOURCE, time=moment, accountid=connection.account_id)
