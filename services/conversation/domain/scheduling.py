"""Replies that wait for their time. They are kept beside the conversation; it counts those that wait."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.scheduling import ScheduledReply, ScheduledReplyChanged, ScheduledState
from services.conversation.domain.suggesting import SuggestingConversation

#: Replies of one conversation that wait at once.
MOST_SCHEDULED = 20


class SchedulingConversation(SuggestingConversation):
    """What can be done about replies that wait."""

    def schedule(self, reply: ScheduledReply, actor: Actor, at: datetime) -> None:
        """Tell of a new one. Raises DomainError `not_handed_off`, and `invalid` when too many wait."""
        if not self.is_open:
            raise DomainError(
                ErrorCode.NOT_HANDED_OFF, "nobody writes here any more", conversation_id=self.id
            )
        if self.scheduled_count >= MOST_SCHEDULED:
            raise DomainError(
                ErrorCode.INVALID, f"at most {MOST_SCHEDULED} replies wait", conversation_id=self.id
            )
        self.scheduled_count += 1
        self._tell_of(reply, actor, at)

    def settle_scheduled(
        self,
        reply: ScheduledReply,
        state: ScheduledState,
        actor: Actor,
        at: datetime,
        *,
        message_id: str | None = None,
        error: str | None = None,
    ) -> ScheduledReply:
        """It waits no more: as it is from now on."""
        settled = reply.model_copy(
            update={"state": state, "message_id": message_id, "error": error, "settled_at": at}
        )
        self.scheduled_count -= 1
        self._tell_of(settled, actor, at)
        return settled

    def _tell_of(self, reply: ScheduledReply, actor: Actor, at: datetime) -> None:
        self.tell(
            ScheduledReplyChanged,
            actor,
            at,
            scheduled_id=reply.id,
            author_id=reply.author.id,
            send_at=reply.send_at,
            state=reply.state,
            message_id=reply.message_id,
            error=reply.error,
        )
