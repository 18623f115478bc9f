"""The AI proposes a reply."""

from libs.contracts.suggestions import RecordSuggestion, SuggestionView
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def record_suggestion(command: RecordSuggestion, call: Call, tx: Transaction) -> SuggestionView:
    """The suggestion's id is that of its request. Raises DomainError `not_found`, `forbidden`,
    `stale_answer`.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.ANSWER)
    suggestion = SuggestionView(
        id=command.request_id,
        conversation_id=conversation.id,
        message_id=command.message_id,
        body=command.body,
        confidence=command.confidence,
        citations=command.citations,
        analysis=command.analysis,
        created_at=call.now,
    )
    conversation.take_draft(command.request_id, suggestion, command.actor, call.now)
    await tx.save(conversation)
    return suggestion
