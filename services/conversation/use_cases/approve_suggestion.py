"""An agent sends what the AI proposed, as it is or with changes."""

from dataclasses import dataclass

from libs.contracts.conversation import MessageView
from libs.contracts.suggestions import ApproveSuggestion
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.write_to_contact import write


@dataclass(frozen=True)
class ApproveAsReply:
    """Takes ApproveSuggestion."""

    new_id: NewId

    async def __call__(self, command: ApproveSuggestion, call: Call, tx: Transaction) -> MessageView:
        """Raises DomainError `suggestion_not_pending`, and what writing raises."""
        conversation = await load(tx, command.conversation_id, command.actor, Action.SUGGEST)
        suggestion = conversation.pending_suggestion(command.suggestion_id)
        body = suggestion.body if command.edited_body is None else command.edited_body
        message = await write(
            conversation,
            command.actor,
            body,
            self.new_id(),
            call,
            tx,
            citations=suggestion.citations if body == suggestion.body else (),
            subject=command.edited_subject,
        )
        conversation.use_suggestion(suggestion.id, message.view.id, body, command.actor, call.now)
        await tx.save(conversation)
        return message.view
