"""Somebody resolved a conversation, or gave it back to the bot, in the platform's own console."""

from libs.contracts.platform_console import FollowThreadStatus, ThereStatus
from libs.contracts.vocabulary import Status
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.take_over_thread import console_actor, decided_since
from services.conversation.use_cases.threads import of_thread

#: What each comes to, and from where. From elsewhere nothing: it is so already, or nobody has it open.
_MOVES = {
    ThereStatus.RESOLVED: (StatusCommand.RESOLVE, {Status.ACTIVE, Status.HANDED_OFF}),
    ThereStatus.BOT: (StatusCommand.RETURN_TO_AI, {Status.HANDED_OFF}),
}


async def follow_thread_status(command: FollowThreadStatus, call: Call, tx: Transaction) -> None:
    """Do the same here, unless something newer was decided here."""
    conversation, _ = await of_thread(command, tx)
    move, sources = _MOVES[command.status]
    if conversation is None or conversation.status not in sources or decided_since(conversation, command.at):
        return
    conversation.change_status(move, console_actor(command.by), call.now)
    await tx.save(conversation)
