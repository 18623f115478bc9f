"""The time of a scheduled reply has come."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.scheduling import ScheduledReply, ScheduledState, SendScheduledReply
from libs.contracts.vocabulary import ActorKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action, actor_of, require
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.write_to_contact import write


@dataclass(frozen=True)
class SendScheduled:
    """Takes SendScheduledReply."""

    new_id: NewId

    async def __call__(self, command: SendScheduledReply, call: Call, tx: Transaction) -> None:
        """Send it, once, as its author could by hand now; where they could not, it failed, and agents are
        told why.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.EXPIRE, merged_too=True)
        if conversation.merged_into is not None:
            # It was on its way when its conversation became part of another, and the reply went along.
            onward = command.model_copy(update={"conversation_id": conversation.merged_into})
            tx.tell(onward, conversation.merged_into)
            return
        reply = await tx.scheduled(conversation.id, command.scheduled_id)
        if reply is None or reply.state is not ScheduledState.WAITING:
            return
        try:
            message_id = await self._send(conversation, reply, call, tx)
        except DomainError as error:
            reply = conversation.settle_scheduled(
                reply, ScheduledState.FAILED, command.actor, call.now, error=error.code
            )
        else:
            reply = conversation.settle_scheduled(
                reply, ScheduledState.SENT, command.actor, call.now, message_id=message_id
            )
        await tx.put_scheduled(reply)
        await tx.save(conversation)

    async def _send(
        self, conversation: Conversation, reply: ScheduledReply, call: Call, tx: Transaction
    ) -> str:
        # Every rule is asked before anything changes, so that what fails has changed nothing.
        author = await _author(reply, call, tx)
        require(conversation, author, Action.REPLY)
        message = await write(conversation, author, reply.content, self.new_id(), call, tx)
        return message.view.id


async def _author(reply: ScheduledReply, call: Call, tx: Transaction) -> Actor:
    """Its author as they are now. Raises DomainError `forbidden` for somebody who is not there any more."""
    if reply.author_kind is ActorKind.API_KEY:
        return Actor(kind=ActorKind.API_KEY, id=reply.author.id, name=reply.author.name)
    person = await tx.person(reply.author.id)
    if person is None:
        raise DomainError(ErrorCode.FORBIDDEN, "its author is not there any more")
    return actor_of(person, call.account_id)
