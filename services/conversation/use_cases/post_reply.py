"""A person's reply."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.conversation import MessageView, PostReply, Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.message import Draft
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction


@dataclass(frozen=True)
class PostReplyToContact:
    """Takes PostReply."""

    new_id: NewId

    async def __call__(self, command: PostReply, call: Call, tx: Transaction) -> MessageView:
        """Store the reply, which sends it out; the draft of its author is done with. Raises DomainError
        `not_found`, `forbidden`, `invalid` for blank content, and `not_handed_off`.
        """
        conversation = await load(
            tx, command.conversation_id, command.actor, Action.REPLY, command.chatbot_id
        )
        if not command.content.strip():
            raise DomainError(ErrorCode.INVALID, "a reply needs content", conversation_id=conversation.id)
        draft = Draft(
            id=self.new_id(),
            sender=Sender(
                kind=SenderKind.AGENT, id=command.actor.id, name=await author_name(command.actor, tx)
            ),
            at=call.now,
            content=command.content,
            client_message_id=command.client_message_id,
        )
        message = conversation.reply(draft, command.actor)
        await tx.add_message(message)
        await tx.delete_draft(command.actor.id, conversation.id)
        await tx.save(conversation)
        return message.view


async def author_name(actor: Actor, tx: Transaction) -> str:
    """What the contact sees the reply come from: the name or, without one, the email address."""
    if actor.name.strip():
        return actor.name
    person = await tx.person(actor.id)
    return (person.name.strip() or person.email) if person else ""
