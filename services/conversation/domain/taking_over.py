"""A person takes a conversation into their hands by writing in it, whatever became of it before."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.vocabulary import ActorKind, BotMode, HandoffReason, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.status_machine import StatusCommand


def take_over(conversation: Conversation, actor: Actor, at: datetime, *, mode: BotMode) -> None:
    """Bring it back where it is settled or out of sight, and from the AI where that answers by itself. In the
    other modes people write while it is active. Raises DomainError where a ticket's rule says no.
    """
    if conversation.status is Status.ARCHIVED:
        conversation.change_status(StatusCommand.UNARCHIVE, actor, at)
    if conversation.status in {Status.CLOSED, Status.RESOLVED}:
        conversation.change_status(StatusCommand.REOPEN, actor, at)
    if mode is not BotMode.ANSWER or conversation.status is not Status.ACTIVE:
        return
    if actor.kind is ActorKind.AGENT:
        conversation.assignee_id = actor.id
    conversation.hand_off(actor, at, reason=HandoffReason.AGENT_TOOK_OVER)
