"""A message in the room of a ticket."""

from dataclasses import dataclass

from libs.contracts.conversation import Sender
from libs.contracts.errors import DomainError, ErrorCode, PermanentError, TransientError
from libs.contracts.files import kind_of_message
from libs.contracts.tickets import PostTicketMessage, TicketMessagePosted
from libs.contracts.vocabulary import ActorKind, BotMode, SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft, StoredMessage
from services.conversation.domain.policy import Action, not_found
from services.conversation.use_cases.asking_ai import ask_for_suggestion
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.record_inbound_message import RecordInbound, gets_suggestion


@dataclass(frozen=True)
class PostInTicket:
    """Takes PostTicketMessage. The requester's is the contact's message of any other thread, an agent's is a
    reply like any other: the same rules hold.
    """

    new_id: NewId
    inbound: RecordInbound

    async def __call__(self, command: PostTicketMessage, call: Call, tx: Transaction) -> TicketMessagePosted:
        """Store it. Raises DomainError `not_found`, `forbidden`, `invalid` for blank content or a requester's
        message that claims to be the AI's, `not_handed_off` and `suggestion_not_pending` for an agent's;
        AlreadyRecordedError for a
        message that was stored before.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.WRITE_TICKET)
        if conversation.requester_id is None:
            raise not_found()
        if not command.content.strip() and not command.attachments:
            raise DomainError(ErrorCode.INVALID, "a message needs content", conversation_id=conversation.id)
        if command.actor.kind is ActorKind.USER:
            message = await self._of_requester(conversation, command, call, tx)
        else:
            message = await self._of_agent(conversation, command, call, tx)
        await tx.save(conversation)
        return TicketMessagePosted(message_id=message.view.id)

    async def again(self, command: PostTicketMessage, _: Call, tx: Transaction) -> TicketMessagePosted:
        """The answer to a message that was stored before: that of the first time."""
        conversation = await load(tx, command.conversation_id, command.actor, Action.WRITE_TICKET)
        recorded = await tx.recorded(conversation.connection_id, _delivery_id(command) or "")
        if recorded is None:
            raise TransientError(ErrorCode.CONFLICT, "the message is just being stored")
        return TicketMessagePosted(message_id=recorded.message_id)

    async def _of_agent(
        self, conversation: Conversation, command: PostTicketMessage, call: Call, tx: Transaction
    ) -> StoredMessage:
        sender = Sender(kind=SenderKind.AGENT, id=command.actor.id, name=command.actor.name)
        message = conversation.reply(self._draft(command, call, sender), command.actor)
        await tx.add_message(message)
        await tx.delete_draft(command.actor.id, conversation.id)
        if command.is_ai and command.suggestion_id is not None:
            conversation.use_suggestion(
                command.suggestion_id, message.view.id, command.content, command.actor, call.now
            )
        return message

    async def _of_requester(
        self, conversation: Conversation, command: PostTicketMessage, call: Call, tx: Transaction
    ) -> StoredMessage:
        if command.is_ai:
            raise DomainError(
                ErrorCode.INVALID, "a requester's message is not the AI's", conversation_id=conversation.id
            )
        chatbot = await tx.chatbot(conversation.chatbot_id)
        if chatbot is None:
            raise PermanentError(ErrorCode.NOT_FOUND, "a ticket of a chatbot that is not registered")
        contact = conversation.contact
        sender = Sender(kind=SenderKind.CONTACT, id=contact.id, name=contact.name)
        message = conversation.receive(
            self._draft(command, call, sender),
            command.actor,
            wants_answer=chatbot.mode is BotMode.ANSWER,
        )
        await tx.add_message(message)
        if conversation.question is not None and conversation.question.message_id == message.view.id:
            await self.inbound.ask_ai(conversation, chatbot, message.view, call, tx)
        elif gets_suggestion(conversation, chatbot):
            await ask_for_suggestion(conversation, chatbot, message.view.id, self.new_id(), call, tx)
        return message

    def _draft(self, command: PostTicketMessage, call: Call, sender: Sender) -> Draft:
        return Draft(
            id=self.new_id(),
            sender=sender,
            at=call.now,
            content=command.content,
            kind=kind_of_message(command.attachments),
            attachments=command.attachments,
            is_ai=command.is_ai,
            client_message_id=command.client_message_id,
            delivery_id=_delivery_id(command),
        )


def _delivery_id(command: PostTicketMessage) -> str | None:
    """Clients number their messages as they like: the id is one person's in one ticket."""
    if command.client_message_id is None:
        return None
    return f"{command.conversation_id}:{command.actor.id}:{command.client_message_id}"
