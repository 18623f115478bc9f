"""Somebody takes a conversation in the platform's own console."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.inbound import TakeOverThread
from libs.contracts.platform_console import PLATFORM
from libs.contracts.vocabulary import HandoffReason, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.threads import of_thread


async def take_over_thread(command: TakeOverThread, call: Call, tx: Transaction) -> None:
    """Hand the conversation over, so that the bot is silent; one that was settled is opened again, unless
    that is newer than what the platform tells.
    """
    conversation, _ = await of_thread(command, tx)
    if conversation is None or decided_since(conversation, command.at):
        return
    before = conversation.version
    actor = console_actor(command.by)
    if conversation.status in {Status.RESOLVED, Status.CLOSED}:
        conversation.change_status(StatusCommand.REOPEN, actor, call.now)
    if conversation.status is Status.ACTIVE:
        conversation.hand_off(actor, call.now, reason=HandoffReason.AGENT_TOOK_OVER)
    if conversation.version != before:
        await tx.save(conversation)


def console_actor(name: str) -> Actor:
    """Somebody in the platform's console. What they do is told to people, not to the platform again."""
    return PLATFORM.model_copy(update={"name": name})


def decided_since(conversation: Conversation, at: datetime | None) -> bool:
    """Whether somebody settled or took it here after what the platform tells, which may come late: it is
    perhaps our own earlier doing, told back.
    """
    times = (conversation.handed_off_at, conversation.resolved_at, conversation.closed_at)
    return at is not None and any(one is not None and one > at for one in times)
