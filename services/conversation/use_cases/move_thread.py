"""A thread has another name on its channel."""

from libs.contracts.inbound import MoveThread
from services.conversation.use_cases.loading import home_of
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.threads import of_thread


async def move_thread(command: MoveThread, __: Call, tx: Transaction) -> None:
    """Remember the new name beside the old one, and write to the new address from now on. A thread without a
    conversation has nothing to remember.
    """
    conversation, _ = await of_thread(command, tx, merged_too=True)
    if conversation is None:
        return
    old_target = conversation.target
    if conversation.move(command.to_session_id, command.to_target):
        await tx.save(conversation)
    home = await home_of(tx, conversation)
    # One that this is part of is written to there, too, if it was before.
    if home.id != conversation.id and home.target == old_target:
        home.move(command.to_session_id, command.to_target)
        await tx.save(home)
