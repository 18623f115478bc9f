"""What became of suggestions: the events decoded, and what an erased person taught taken back."""

from libs.contracts.erasure import ErasePerson
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionRejected,
    SuggestionView,
)
from libs.runtime.received import Received, Routes
from services.ai.use_cases.learn_from_decision import LearnFromDecision, Unlearn


class Learning:
    """Takes the conversation service's events about suggestions."""

    def __init__(self, learn: LearnFromDecision, unlearn: Unlearn) -> None:
        self._learn = learn
        self._unlearn = unlearn

    def routes(self) -> Routes:
        """Routes of the queue of events."""
        return {
            SuggestionApproved: self.on_approved,
            SuggestionEdited: self.on_edited,
            SuggestionRejected: self.on_rejected,
        }

    async def on_approved(self, received: Received[SuggestionApproved]) -> None:
        """What was sent is the suggestion itself."""
        suggestion = received.message.suggestion
        account_id = received.envelope.accountid
        await self._learn(account_id, suggestion.id, "approved", _quotes(suggestion), suggestion.body)

    async def on_edited(self, received: Received[SuggestionEdited]) -> None:
        """What was sent may be something else altogether."""
        event = received.message
        account_id = received.envelope.accountid
        await self._learn(account_id, event.suggestion.id, "edited", _quotes(event.suggestion), event.body)

    async def on_rejected(self, received: Received[SuggestionRejected]) -> None:
        """It teaches nothing."""
        await self._learn(received.envelope.accountid, received.message.suggestion.id, "rejected")

    async def forget(self, account_id: str, command: ErasePerson) -> None:
        """For the erasure of a person."""
        await self._unlearn(account_id, list(command.conversation_ids))


def _quotes(suggestion: SuggestionView) -> list[tuple[str, str]]:
    return [(one.document_id, one.quote) for one in suggestion.citations]
