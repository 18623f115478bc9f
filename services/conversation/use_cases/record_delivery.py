"""What became of a message that was sent out."""

from libs.contracts.delivery import DeliveryEvent, ReplyFailed, ReplySent
from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.vocabulary import DeliveryState
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Advance, Call, Transaction


async def record_delivery(event: DeliveryEvent, call: Call, tx: Transaction) -> None:
    """Bring the message's delivery state forward and keep the platform's ids. What comes late or twice
    changes nothing. Raises PermanentError for a message that does not exist, and DomainError
    `not_found` for an id that cannot.
    """
    check_id(event.conversation_id)
    state, error = _state(event)
    ids = event.external_ids if isinstance(event, ReplySent) else ()
    advance = await tx.advance_delivery(
        event.conversation_id, event.message_id, state, error=error, external_ids=ids
    )
    moved_to = event.moved_to if isinstance(event, ReplySent) else None
    if advance is Advance.KEPT and moved_to is None:
        return
    conversation = await tx.conversation(event.conversation_id)
    if advance is Advance.UNKNOWN_MESSAGE or conversation is None:
        raise PermanentError(ErrorCode.NOT_FOUND, "a receipt for a message that does not exist")
    moved = moved_to is not None and conversation.move_to(moved_to)
    if advance is Advance.KEPT:
        # The platform's own receipt was faster.
        if moved:
            await tx.save(conversation)
        return
    conversation.record_delivery(event.message_id, state, error, event.actor, call.now)
    if state is DeliveryState.FAILED:
        suggestion = await tx.suggestion_sent_as(event.message_id)
        if suggestion is not None:
            conversation.return_suggestion(suggestion, event.actor, call.now)
    await tx.save(conversation)


def _state(event: DeliveryEvent) -> tuple[DeliveryState, str | None]:
    if isinstance(event, ReplySent):
        return DeliveryState.SENT, None
    if isinstance(event, ReplyFailed):
        return DeliveryState.FAILED, event.code
    return DeliveryState.UNKNOWN, ErrorCode.OUTCOME_UNKNOWN
