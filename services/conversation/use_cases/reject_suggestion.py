"""An agent does not want what the AI proposed."""

from libs.contracts.suggestions import RejectSuggestion, SuggestionView
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def reject_suggestion(command: RejectSuggestion, call: Call, tx: Transaction) -> SuggestionView:
    """Raises DomainError `not_found`, `forbidden`, `suggestion_not_pending`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.SUGGEST)
    rejected = conversation.reject_suggestion(command.suggestion_id, command.reason, command.actor, call.now)
    await tx.save(conversation)
    return rejected
