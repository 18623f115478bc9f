"""A user asks for help."""

from dataclasses import dataclass

from libs.contracts.ai import Turn
from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Sender
from libs.contracts.directory import Department
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.tickets import OpenTicket, TicketView
from libs.contracts.vocabulary import BotMode, Channel, HandoffReason, SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft
from services.conversation.domain.policy import not_found, require_requester
from services.conversation.use_cases.asking_ai import ask_for_suggestion
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Chatbot, NewId, Transaction
from services.conversation.use_cases.record_inbound_message import RecordInbound, gets_suggestion
from services.conversation.use_cases.ticket_views import ticket_of
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class OpenTicketOfUser:
    """Takes OpenTicket. `inbound` asks the AI, as for every other message."""

    new_id: NewId
    inbound: RecordInbound

    async def __call__(self, command: OpenTicket, call: Call, tx: Transaction) -> TicketView:
        """Start the conversation with its first message. In mode `answer` the AI answers first, in any other
        the department has it at once.

        Raises DomainError `forbidden`, and `invalid` for blank content, an unknown department or chatbot, or
        a department without one.
        """
        require_requester(command.actor)
        check_id(command.conversation_id)
        if not command.content.strip() or not command.subject.strip():
            raise DomainError(ErrorCode.INVALID, "a ticket needs a subject and content")
        account = await check_departments([command.department], tx)
        if await tx.conversation(command.conversation_id) is not None:
            raise not_found()
        chatbot = await self._chatbot(command, account.department(command.department), tx)
        conversation = await self._start(command, call, chatbot, tx)
        await self._first_message(conversation, command, call, chatbot, tx)
        await tx.save(conversation)
        return ticket_of(view_of(conversation, command.actor))

    async def _chatbot(self, command: OpenTicket, department: Department, tx: Transaction) -> Chatbot:
        chatbot_id = command.chatbot_id or department.default_chatbot_id
        if chatbot_id is None:
            found = await tx.chatbots_for(command.department)
            if len(found) != 1:
                raise DomainError(ErrorCode.INVALID, "the department has no default chatbot: name one")
            chatbot_id = found[0]
        chatbot = await tx.chatbot(chatbot_id)
        if chatbot is None:
            raise DomainError(ErrorCode.INVALID, "the account has no such chatbot")
        return chatbot

    async def _start(
        self, command: OpenTicket, call: Call, chatbot: Chatbot, tx: Transaction
    ) -> Conversation:
        # Tickets come in by no channel connection of the chatbot: they have one of their own.
        connection_id = f"ticket:{chatbot.id}"
        actor = command.actor
        return Conversation.start(
            actor=actor,
            at=call.now,
            id=command.conversation_id,
            account_id=call.account_id,
            chatbot_id=chatbot.id,
            chatbot_name=chatbot.name,
            connection_id=connection_id,
            channel=Channel.WIDGET,
            session_id=command.session_id,
            target=command.session_id,
            contact=await tx.contact(connection_id, actor.id, actor.name, self.new_id),
            contact_alias=actor.id,
            requester_id=actor.id,
            subject=command.subject,
            department=command.department,
        )

    async def _first_message(
        self, conversation: Conversation, command: OpenTicket, call: Call, chatbot: Chatbot, tx: Transaction
    ) -> None:
        contact = conversation.contact
        draft = Draft(
            id=self.new_id(),
            sender=Sender(kind=SenderKind.CONTACT, id=contact.id, name=contact.name),
            at=call.now,
            content=command.content,
        )
        answers = chatbot.mode is BotMode.ANSWER
        message = conversation.receive(draft, command.actor, wants_answer=answers)
        await tx.add_message(message)
        if answers:
            await self.inbound.ask_ai(conversation, chatbot, message.view, call, tx)
        else:
            conversation.hand_off(SYSTEM, call.now, reason=HandoffReason.RULE)
        if gets_suggestion(conversation, chatbot):
            # The handoff settled what came before it; this message is what it is about.
            turns = (Turn(message_id=message.view.id, role="contact", text=command.content),)
            await ask_for_suggestion(
                conversation, chatbot, message.view.id, self.new_id(), call, tx, turns=turns
            )
