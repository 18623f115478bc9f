"""Find the message that a platform's receipt is about."""

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.inbound import MatchReceipt, RecordReceipt
from services.conversation.use_cases.ports import Call, Transaction


async def match_receipt(command: MatchReceipt, _: Call, tx: Transaction) -> None:
    """Send the receipt on to its conversation. Raises TransientError while nobody knows the message: the
    receipt may be here before the platform's answer to our own call is.
    """
    message = await tx.sent_message(command.connection_id, command.external_id, command.message_id)
    if message is None:
        raise TransientError(ErrorCode.NOT_FOUND, "a receipt for a message that is not known (yet)")
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
