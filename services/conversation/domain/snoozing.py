"""A conversation is put aside, and wakes up: in time, by its contact, by a person, or as it is settled."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.snoozing import ConversationSnoozed, ConversationWoken, WakeReason
from services.conversation.domain.suggesting import SuggestingConversation
from services.conversation.domain.timers import moment_ahead


class SnoozingConversation(SuggestingConversation):
    """What puts a conversation aside; its status stays what it is."""

    def snooze(self, until: datetime, actor: Actor, at: datetime) -> bool:
        """Put it aside until a moment. False when it is so already, which changes nothing. Raises DomainError
        `invalid`, `invalid_transition`.
        """
        if not self.is_open:
            raise DomainError(
                ErrorCode.INVALID_TRANSITION,
                f"a conversation that is {self.status} waits for nobody",
                conversation_id=self.id,
            )
        until = moment_ahead(until, at)
        if until == self.snoozed_until:
            return False
        self.snoozed_until = until
        self.pending.snooze_changed = True
        self.tell(ConversationSnoozed, actor, at, until=until)
        return True

    def wake(self, reason: WakeReason, actor: Actor, at: datetime) -> bool:
        """It is as if it had just happened: it comes to the top of lists. False when it is awake."""
        if not self._end_snooze(reason, actor, at):
            return False
        self._changed(at)
        return True

    def _end_snooze(self, reason: WakeReason, actor: Actor, at: datetime) -> bool:
        if self.snoozed_until is None:
            return False
        self.snoozed_until = None
        self.pending.snooze_changed = True
        self._emit(ConversationWoken, actor, at, reason=reason)
        return True
