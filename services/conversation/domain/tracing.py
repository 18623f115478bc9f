"""A conversation by what its platform calls it and tells of it."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import DeliveryRecorded, MessageView
from libs.contracts.vocabulary import ReceiptKind
from services.conversation.domain.conversation_state import ConversationState

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
        self._changed(self.updated_at)

    def move(self, session_id: str, target: str) -> bool:
        """The thread has a further name and another address. False when that is known."""
        if session_id in {self.session_id, *self.further_sessions} and self.target == target:
            return False
        if session_id not in {self.session_id, *self.further_sessions}:
            self.further_sessions = (*self.further_sessions, session_id)[-MOST_NAMES:]
        self.target = target
        self._changed(self.updated_at)
        return True
