"""A scheduled reply shall not be sent."""

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.scheduling import CancelScheduledReply, ScheduledReply, ScheduledState
from services.conversation.domain.policy import Action
from services.conversation.domain.timers import TimerKind
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def cancel_scheduled_reply(
    command: CancelScheduledReply, call: Call, tx: Transaction
) -> ScheduledReply:
    """Whoever may reply may cancel. Raises DomainError `not_found`, `forbidden`, `invalid_transition`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY)
    reply = await tx.scheduled(conversation.id, command.scheduled_id)
    if reply is None:
        raise DomainError(
            ErrorCode.NOT_FOUND, "there is no such scheduled reply", conversation_id=conversation.id
        )
    if reply.state is ScheduledState.CANCELLED:
        return reply
    if reply.state is not ScheduledState.WAITING:
        raise DomainError(
            ErrorCode.INVALID_TRANSITION, f"the reply is {reply.state}", conversation_id=conversation.id
        )
    reply = conversation.settle_scheduled(reply, ScheduledState.CANCELLED, command.actor, call.now)
    await tx.put_scheduled(reply)
    await tx.drop_timer(TimerKind.SEND, conversation.id, reply.id)
    await tx.save(conversation)
    return reply
