"""A thread has another name on its channel."""

from libs.contracts.inbound import MoveThread
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.threads import of_thread


async def move_thread(command: MoveThread, __: Call, tx: Transaction) -> None:
    """Remember the new name beside the old one, and write to the new address from now on. A thread without a
    conversation has nothing to remember.
    """
    conversation, _ = await of_thread(command, tx)
    if conversation is not None and conversation.move(command.to_session_id, command.to_target):
        await tx.save(conversation)
