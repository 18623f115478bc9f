"""A conversation by what its platform calls it and tells of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import DeliveryRecorded, MessageView
from libs.contracts.vocabulary import Channel, ReceiptKind
from services.conversation.domain.conversation_state import ConversationState
from services.conversation.domain.delivery_states import arrives

#: How threads are called whose address says which they are. A mail's does not: it is a person's.
_THREADS: dict[Channel, Callable[[str], str]] = {
    Channel.CHATWOOT: lambda target: f"cw:{target.replace('/', ':')}",
    Channel.TELEGRAM: lambda target: f"tg:{target}",
    Channel.WHATSAPP: lambda target: f"wa:{target}",
}
#: Old names of a thread that are remembered, the newest of them.
MOST_NAMES = 16


@dataclass(kw_only=True)
class TracedConversation(ConversationState):
    """The part of a conversation that follows receipts and moves."""

    def record_receipt(self, message: MessageView, kind: ReceiptKind, actor: Actor, at: datetime) -> None:
        """Tell what a receipt made of a message; that it is new has been checked where it is kept."""
        if self.last_message is not None and self.last_message.id == message.id:
            changes = {
                "delivery": message.delivery,
                "delivery_error": message.delivery_error,
                "receipts": message.receipts,
            }
            self.last_message = self.last_message.model_copy(update=changes)
        self._emit(
            DeliveryRecorded,
            actor,
            at,
            message_id=message.id,
            state=message.delivery,
            error=message.delivery_error,
            receipt=kind,
        )
        self._changed(self.updated_at, aside=arrives(message.delivery))

    def move_to(self, target: str) -> bool:
        """The platform named another address than was written to; where that is a thread's, what comes from
        there belongs here. False when that is known.
        """
        name = _THREADS.get(self.channel)
        return self.move(name(target) if name else self.session_id, target)

    def move(self, session_id: str, target: str) -> bool:
        """The thread has a further name and another address. False when that is known."""
        if session_id in {self.session_id, *self.further_sessions} and self.target == target:
            return False
        if session_id not in {self.session_id, *self.further_sessions}:
            self.further_sessions = (*self.further_sessions, session_id)[-MOST_NAMES:]
        self.target = target
        self._changed(self.updated_at)
        return True
