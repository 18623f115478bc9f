"""Somebody writes in the room of a ticket, or has been shown a message there."""

from libs.contracts.conversation import AcknowledgeMessage
from libs.contracts.files import owned_by_conversation
from libs.contracts.tickets import PostTicketMessage, TicketMessagePosted
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.chat_frames import ChatMessage, check_sender
from services.gateway.use_cases.attach_files import AttachFiles
from services.gateway.use_cases.ports import ConversationCommands, DeriveId, NewId


class ChatInTicket:
    """Whether they may write now is the conversation's own rule."""

    def __init__(
        self, commands: ConversationCommands, attach: AttachFiles, *, derive_id: DeriveId, new_id: NewId
    ) -> None:
        self._commands = commands
        self._attach = attach
        self._derive_id = derive_id
        self._new_id = new_id

    async def say(self, caller: PersonCaller, ticket_id: str, frame: ChatMessage) -> str:
        """The id of the stored message. Raises DomainError as the rules say, TransientError otherwise."""
        check_sender(frame, ticket_id, caller.person)
        own = frame.client_message_id
        command_id = (
            self._new_id() if own is None else self._derive_id("chat", ticket_id, caller.person.id, own)
        )
        owner = owned_by_conversation(ticket_id)
        attachments = await self._attach(caller.account_id, owner, frame.attachments, ticket_id)
        result = await self._commands.carry_out(
            PostTicketMessage(
                actor=caller.actor(),
                conversation_id=ticket_id,
                content=frame.content,
                is_ai=frame.isAI,
                suggestion_id=frame.suggestion_id,
                client_message_id=own,
                attachments=attachments,
            ),
            conversation_id=ticket_id,
            account_id=caller.account_id,
            id=command_id,
        )
        return TicketMessagePosted.model_validate(result).message_id

    async def shown(self, caller: PersonCaller, ticket_id: str, message_id: str) -> None:
        """The requester has seen a message: it is delivered."""
        await self._commands.carry_out(
            AcknowledgeMessage(actor=caller.actor(), conversation_id=ticket_id, message_id=message_id),
            conversation_id=ticket_id,
            account_id=caller.account_id,
            id=self._derive_id("acknowledge", ticket_id, message_id),
        )
