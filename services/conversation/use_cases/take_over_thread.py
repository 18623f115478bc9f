"""Somebody answers in the platform's own console."""

from libs.contracts.base import SYSTEM
from libs.contracts.inbound import TakeOverThread
from libs.contracts.vocabulary import HandoffReason, Status
from services.conversation.use_cases.ports import Call, Transaction


async def take_over_thread(command: TakeOverThread, call: Call, tx: Transaction) -> None:
    """Hand the conversation over, so that the bot is silent. One that is not the bot's stays as it is."""
    conversation = await tx.conversation_of(command.connection_id, command.session_id)
    if conversation is None or conversation.status is not Status.ACTIVE:
        return
    actor = SYSTEM.model_copy(update={"name": command.by}) if command.by else SYSTEM
    conversation.hand_off(actor, call.now, reason=HandoffReason.AGENT_TOOK_OVER)
    await tx.save(conversation)
