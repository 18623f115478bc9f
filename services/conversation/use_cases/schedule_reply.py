"""Write a reply now that is sent later."""

from dataclasses import dataclass

from libs.contracts.conversation import Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.scheduling import ScheduledReply, ScheduleReply
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.policy import Action
from services.conversation.domain.timers import Timer, TimerKind, moment_ahead
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.post_reply import author_name


@dataclass(frozen=True)
class ScheduleForLater:
    """Takes ScheduleReply."""

    new_id: NewId

    async def __call__(self, command: ScheduleReply, call: Call, tx: Transaction) -> ScheduledReply:
        """Raises DomainError `not_found`, `forbidden`, `invalid`, `not_handed_off`."""
        conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY)
        if not command.content.strip():
            raise DomainError(ErrorCode.INVALID, "a reply needs content", conversation_id=conversation.id)
        actor = command.actor
        reply = ScheduledReply(
            id=self.new_id(),
            conversation_id=conversation.id,
            author=Sender(kind=SenderKind.AGENT, id=actor.id, name=await author_name(actor, tx)),
            author_kind=actor.kind,
            content=command.content,
            send_at=moment_ahead(command.send_at, call.now),
            created_at=call.now,
        )
        conversation.schedule(reply, actor, call.now)
        await tx.put_scheduled(reply)
        await tx.put_timer(Timer(TimerKind.SEND, conversation.id, reply.send_at, reply.id))
        await tx.save(conversation)
        return reply
