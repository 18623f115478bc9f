"""What happens to the AI's proposals in a conversation: one is drafted at most, one is pending at most."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionEvent,
    SuggestionRecorded,
    SuggestionRejected,
    SuggestionReturned,
    SuggestionStatus,
    SuggestionSuperseded,
    SuggestionView,
)
from libs.contracts.vocabulary import Status
from services.conversation.domain.conversation_state import ConversationState
from services.conversation.domain.counting import Fact


class SuggestingConversation(ConversationState):
    """What can be done about suggestions."""

    @property
    def is_open(self) -> bool:
        """Whether somebody writes in it: the AI or people."""
        return self.status in {Status.ACTIVE, Status.HANDED_OFF}

    def ask_draft(self, request_id: str, actor: Actor, at: datetime) -> None:
        """The AI is to draft a reply; what was proposed before is superseded."""
        self.drafting = request_id
        self._decide(SuggestionStatus.SUPERSEDED, SuggestionSuperseded, actor, at)
        self._changed(self.updated_at)

    def take_draft(self, request_id: str, suggestion: SuggestionView, actor: Actor, at: datetime) -> None:
        """Keep what the AI proposes. Raises DomainError `stale_answer` when something newer was asked."""
        if self.drafting != request_id:
            raise DomainError(
                ErrorCode.STALE_ANSWER, "another suggestion was asked for", conversation_id=self.id
            )
        self.drafting = None
        self.suggestion = suggestion
        self._tell(SuggestionRecorded, suggestion, actor, at)
        self._changed(self.updated_at)

    def pending_suggestion(self, suggestion_id: str) -> SuggestionView:
        """The one that waits for a decision. Raises DomainError `suggestion_not_pending` for any other."""
        if self.suggestion is None or self.suggestion.id != suggestion_id:
            raise DomainError(
                ErrorCode.SUGGESTION_NOT_PENDING, "this suggestion is not pending", conversation_id=self.id
            )
        return self.suggestion

    def use_suggestion(self, suggestion_id: str, sent_as: str, body: str, actor: Actor, at: datetime) -> None:
        """It became the message `sent_as`, with the text `body`. Raises `suggestion_not_pending`."""
        suggestion = self.pending_suggestion(suggestion_id)
        if body == suggestion.body:
            self._decide(SuggestionStatus.APPROVED, SuggestionApproved, actor, at, sent_as=sent_as)
        else:
            self._decide(SuggestionStatus.EDITED, SuggestionEdited, actor, at, sent_as=sent_as, body=body)

    def reject_suggestion(
        self, suggestion_id: str, reason: str | None, actor: Actor, at: datetime
    ) -> SuggestionView:
        """It is not to be used. Raises `suggestion_not_pending`."""
        self.pending_suggestion(suggestion_id)
        self._decide(SuggestionStatus.REJECTED, SuggestionRejected, actor, at, reason=reason)
        self._changed(self.updated_at)
        return self.pending.suggestions[-1]

    def return_suggestion(self, suggestion: SuggestionView, actor: Actor, at: datetime) -> None:
        """The channel refused what it was sent as: it is pending again, unless something newer is."""
        if self.suggestion is not None:
            return
        self.suggestion = suggestion.model_copy(
            update={
                "status": SuggestionStatus.PENDING,
                "sent_as": None,
                "returned_from": suggestion.sent_as,
                "decided_at": None,
                "decided_by": None,
            }
        )
        self.pending.facts.append(Fact(at, str(suggestion.status), -1))  # what was decided is open again
        self._tell(SuggestionReturned, self.suggestion, actor, at)

    def _decide(
        self,
        status: SuggestionStatus,
        event: type[SuggestionEvent],
        actor: Actor,
        at: datetime,
        *,
        sent_as: str | None = None,
        reason: str | None = None,
        **more: str,
    ) -> None:
        if self.suggestion is None:
            return
        decided = self.suggestion.model_copy(
            update={
                "status": status,
                "decided_at": at,
                "decided_by": actor.id,
                "sent_as": sent_as,
                "reason": reason,
            }
        )
        self.suggestion = None
        self._tell(event, decided, actor, at, **more)

    def _tell(
        self,
        event: type[SuggestionEvent],
        suggestion: SuggestionView,
        actor: Actor,
        at: datetime,
        **more: str,
    ) -> None:
        self.pending.suggestions.append(suggestion)
        self._emit(event, actor, at, suggestion=suggestion, **more)
