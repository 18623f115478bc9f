"""A person changes a conversation's status."""

from dataclasses import dataclass

from libs.contracts.conversation import ConversationView
from libs.contracts.workflow import MoveConversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class Move:
    """Takes one of the status commands; which one, and what it asks of the actor, is given."""

    command: StatusCommand
    action: Action = Action.CHANGE_STATUS

    async def __call__(self, command: MoveConversation, call: Call, tx: Transaction) -> ConversationView:
        """Done already is answered as done. Raises DomainError `not_found`, `forbidden`,
        `invalid_transition`.
        """
        conversation = await load(tx, command.conversation_id, command.actor, self.action)
        reason = command.reason.strip() or None if command.reason else None
        if conversation.change_status(self.command, command.actor, call.now, reason=reason):
            await tx.save(conversation)
        return view_of(conversation, command.actor)
