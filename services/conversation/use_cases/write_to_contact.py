"""A person writes to the contact, handed off or not."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import Attachment, Citation, MessageView, Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import kind_of_message
from libs.contracts.messages import WriteToContact
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.conversation import FREE_REPLY, Conversation
from services.conversation.domain.message import Draft, StoredMessage
from services.conversation.domain.policy import Action
from services.conversation.domain.taking_over import take_over
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.post_reply import author_name


@dataclass(frozen=True)
class WriteAsPerson:
    """Takes WriteToContact."""

    new_id: NewId

    async def __call__(self, command: WriteToContact, call: Call, tx: Transaction) -> MessageView:
        """The draft of its author is done with. Raises DomainError `not_found`, `forbidden`, `invalid` for
        blank content, and `not_handed_off` where nobody writes any more.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY)
        message = await write(
            conversation,
            command.actor,
            command.content,
            self.new_id(),
            call,
            tx,
            subject=command.subject,
            body_html=command.body_html,
            attachments=command.attachments,
            template=command.template,
        )
        await tx.delete_draft(command.actor.id, conversation.id)
        await tx.save(conversation)
        return message.view


async def write(
    conversation: Conversation,
    actor: Actor,
    content: str,
    message_id: str,
    call: Call,
    tx: Transaction,
    *,
    citations: tuple[Citation, ...] = (),
    subject: str | None = None,
    body_html: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    template: ChannelTemplate | None = None,
) -> StoredMessage:
    """Store what a person writes, taking over first where the AI answers by itself. A file needs no words."""
    if not content.strip() and not attachments:
        raise DomainError(ErrorCode.INVALID, "a reply needs content", conversation_id=conversation.id)
    if not conversation.is_open:
        raise DomainError(
            ErrorCode.NOT_HANDED_OFF, "nobody writes here any more", conversation_id=conversation.id
        )
    if template is not None and conversation.channel not in FREE_REPLY:
        raise DomainError(ErrorCode.INVALID, "this channel has no templates", conversation_id=conversation.id)
    chatbot = await tx.chatbot(conversation.chatbot_id)
    if chatbot is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
    take_over(conversation, actor, call.now, mode=chatbot.mode)
    draft = Draft(
        id=message_id,
        sender=Sender(kind=SenderKind.AGENT, id=actor.id, name=await author_name(actor, tx)),
        at=call.now,
        content=content,
        kind=kind_of_message(attachments),
        subject=subject,
        body_html=body_html,
        attachments=attachments,
        template=template,
        citations=citations,
    )
    message = conversation.send_out(draft, actor)
    await tx.add_message(message)
    return message
