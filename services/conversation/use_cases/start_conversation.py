"""An agent writes to somebody first."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.conversation import Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.starting import StartConversation, StartedConversation
from libs.contracts.topology import conversation_id, thread_crc
from libs.contracts.vocabulary import ActorKind, Channel, SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft
from services.conversation.domain.policy import Action, not_found, require, visibility_of
from services.conversation.domain.taking_over import take_over
from services.conversation.use_cases.loading import home_of
from services.conversation.use_cases.ports import Call, Chatbot, NewId, Transaction
from services.conversation.use_cases.post_reply import author_name
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class StartByAgent:
    """Takes StartConversation."""

    new_id: NewId

    async def __call__(self, command: StartConversation, call: Call, tx: Transaction) -> StartedConversation:
        """Find or make the contact and the thread, and send the message. Raises DomainError `not_found` for a
        chatbot or a thread that the caller may not know of, `forbidden`, and `invalid` for blank content and
        for a website's visitor who has not written yet.
        """
        if not command.content.strip():
            raise DomainError(ErrorCode.INVALID, "a conversation starts with content")
        known = await tx.conversation_of(command.connection_id, command.session_id)
        known = await home_of(tx, known) if known else None
        chatbot = await tx.chatbot(known.chatbot_id if known else command.chatbot_id)
        if chatbot is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
        conversation = known or await self._start(command, call, chatbot, tx)
        require(conversation, command.actor, Action.REPLY)
        if command.subject:
            conversation.subject = command.subject
        take_over(conversation, command.actor, call.now, mode=chatbot.mode)
        name = await author_name(command.actor, tx)
        draft = Draft(
            id=self.new_id(),
            sender=Sender(kind=SenderKind.AGENT, id=command.actor.id, name=name),
            at=call.now,
            content=command.content,
            subject=command.subject,
        )
        message = conversation.send_out(draft, command.actor)
        await tx.add_message(message)
        await tx.save(conversation)
        return StartedConversation(conversation=view_of(conversation, command.actor), message=message.view)

    async def _start(
        self, command: StartConversation, call: Call, chatbot: Chatbot, tx: Transaction
    ) -> Conversation:
        if not visibility_of(command.actor).allows(chatbot.department, None):
            raise not_found()
        if command.channel is Channel.WIDGET:
            raise DomainError(ErrorCode.INVALID, "a visitor of a website is there once they wrote")
        contact = await tx.contact(command.connection_id, command.alias, command.name, self.new_id)
        crc = thread_crc(command.connection_id, command.session_id)
        return Conversation.start(
            actor=command.actor,
            at=call.now,
            id=conversation_id(self.new_id().replace("-", ""), crc),
            account_id=call.account_id,
            chatbot_id=chatbot.id,
            chatbot_name=chatbot.name,
            connection_id=command.connection_id,
            channel=command.channel,
            session_id=command.session_id,
            target=command.target,
            contact=contact,
            contact_alias=command.alias,
            department=chatbot.department,
            assignee_id=_assignee(command.actor),
            subject=command.subject,
        )


def _assignee(actor: Actor) -> str | None:
    return actor.id if actor.kind is ActorKind.AGENT else None
