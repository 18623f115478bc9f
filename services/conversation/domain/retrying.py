"""Messages that are sent once more, by a person's decision."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.messages import MessageRetried
from libs.contracts.vocabulary import DeliveryState
from services.conversation.domain.suggesting import SuggestingConversation

_AGAIN = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN})


class RetryingConversation(SuggestingConversation):
    """What can be done about messages that did not arrive, or may not have."""

    def retry(self, message: MessageView, actor: Actor, at: datetime) -> MessageView:
        """Queue it again. The suggestion that came back when it was refused is used by it again, or it could
        be sent a second time. Raises DomainError `not_handed_off`, `invalid_transition`.
        """
        # One that is part of another is written in by way of that one.
        if not self.is_open and not self.is_merged:
            raise DomainError(
                ErrorCode.NOT_HANDED_OFF, "nobody writes here any more", conversation_id=self.id
            )
        if message.delivery not in _AGAIN:
            raise DomainError(
                ErrorCode.INVALID_TRANSITION,
                "Only a failed or unknown message can be sent again.",
                conversation_id=self.id,
            )
        fresh = {"delivery": DeliveryState.QUEUED, "delivery_error": None, "receipts": ()}
        again = message.model_copy(update=fresh)
        if self.last_message is not None and self.last_message.id == message.id:
            self.last_message = self.last_message.model_copy(update=fresh)
        if self.suggestion is not None and self.suggestion.returned_from == message.id:
            self.use_suggestion(self.suggestion.id, message.id, message.content, actor, at)
        self._emit(MessageRetried, actor, at, message=again)
        self._changed(self.updated_at)
        return again
