"""A thread has another name on its channel."""

from libs.contracts.inbound import MoveThread
from services.conversation.use_cases.ports import Call, Transaction


async def move_thread(command: MoveThread, _: Call, tx: Transaction) -> None:
    """Remember the new name beside the old one, and write to the new address from now on. A thread without a
    conversation has nothing to remember.
    """
    conversation = await tx.conversation_of(command.connection_id, command.session_id)
    if conversation is not None and conversation.move(command.to_session_id, command.to_target):
        await tx.save(conversation)
