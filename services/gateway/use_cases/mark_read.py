"""Somebody has read on, as their socket says."""

from libs.contracts.base import Command
from libs.contracts.read_marks import MarkRead, ReadMessages
from libs.contracts.vocabulary import Role
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.use_cases.ports import ConversationCommands, InboundMessages, NewId


class MarkAsRead:
    """Whether they may is the conversation's own rule."""

    def __init__(self, commands: ConversationCommands, inbound: InboundMessages, new_id: NewId) -> None:
        self._commands = commands
        self._inbound = inbound
        self._new_id = new_id

    async def team(self, caller: PersonCaller, conversation_id: str, message_id: str | None) -> None:
        """An agent's mark is the team's. Raises DomainError `not_found`, `forbidden`, TransientError."""
        command = MarkRead(actor=caller.actor(), conversation_id=conversation_id, message_id=message_id)
        await self._carry_out(caller, command, conversation_id)

    async def in_ticket(self, caller: PersonCaller, ticket_id: str, message_id: str) -> None:
        """The same in a ticket's room, where its requester's mark is a receipt."""
        if caller.role != Role.USER:
            await self.team(caller, ticket_id, message_id)
            return
        command = ReadMessages(actor=caller.actor(), conversation_id=ticket_id, message_id=message_id)
        await self._carry_out(caller, command, ticket_id)

    async def _carry_out(self, caller: PersonCaller, command: Command, conversation_id: str) -> None:
        await self._commands.carry_out(
            command, conversation_id=conversation_id, account_id=caller.account_id, id=self._new_id()
        )

    async def visitor(self, visitor: VisitorCaller, conversation_id: str, message_id: str) -> None:
        """A receipt. Raises TransientError when the broker is away."""
        await self._inbound.acknowledge(
            ReadMessages(actor=visitor.actor(), conversation_id=conversation_id, message_id=message_id),
            id=self._new_id(),
            account_id=visitor.account_id,
        )
