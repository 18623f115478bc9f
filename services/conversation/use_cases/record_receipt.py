"""What a platform tells of a message that was sent out."""

from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.inbound import RecordReceipt
from libs.contracts.vocabulary import DeliveryState
from services.conversation.domain.receipts import after_receipt
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Transaction


async def record_receipt(command: RecordReceipt, call: Call, tx: Transaction) -> None:
    """Note the receipt, and bring the message forward where it leads there; what says nothing new changes
    nothing. Raises PermanentError for a message that does not exist, and DomainError `not_found` for an id
    that cannot.
    """
    check_id(command.conversation_id)
    before = await tx.outbound_message(command.conversation_id, command.message_id)
    conversation = await tx.conversation(command.conversation_id)
    if before is None or conversation is None:
        raise PermanentError(ErrorCode.NOT_FOUND, "a receipt for a message that does not exist")
    at = command.at or call.now
    after = after_receipt(before, command.kind, at, error=command.error, lasting=command.lasting)
    if after is before:
        return
    await tx.keep_receipt(before, after, command.kind, command.external_id)
    conversation.record_receipt(after, command.kind, command.actor, call.now)
    if after.delivery is DeliveryState.FAILED and before.delivery is not DeliveryState.FAILED:
        suggestion = await tx.suggestion_sent_as(command.message_id)
        if suggestion is not None:
            conversation.return_suggestion(suggestion, command.actor, call.now)
    await tx.save(conversation)
