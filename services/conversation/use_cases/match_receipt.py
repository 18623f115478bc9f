"""Find the message that a platform's receipt is about."""

from datetime import timedelta

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.inbound import MatchReceipt, RecordReceipt
from services.conversation.use_cases.ports import Call, Transaction

#: A platform's answer to our own call is here by then, if it ever comes. Less than the retries take together.
PATIENCE = timedelta(minutes=5)


async def match_receipt(command: MatchReceipt, call: Call, tx: Transaction) -> None:
    """Send the receipt on to its conversation. One for a message that is not ours ends here: another program
    may write from the same number or server. Raises TransientError while the message may be ours, and only
    its platform's id be unknown yet: the receipt can be faster than the answer to our own call.
    """
    message = await tx.sent_message(command.connection_id, command.external_id, command.message_id)
    if message is None:
        if await _may_be_ours(command, call, tx):
            raise TransientError(ErrorCode.NOT_FOUND, "a receipt for a message that is not known (yet)")
        return
    tx.tell(
        RecordReceipt(
            actor=command.actor,
            conversation_id=message.conversation_id,
            message_id=message.id,
            external_id=command.external_id,
            kind=command.kind,
            at=command.at,
            error=command.error,
            lasting=command.lasting,
        ),
        message.conversation_id,
    )


async def _may_be_ours(command: MatchReceipt, call: Call, tx: Transaction) -> bool:
    """A message is stored before it is sent, so that one named by an id of ours is known, or not ours. By the
    platform's id alone it may be any that is still on its way out.
    """
    if command.message_id is not None:
        return False
    if command.received_at is not None and call.now - command.received_at > PATIENCE:
        return False
    return await tx.is_sending(command.connection_id)
