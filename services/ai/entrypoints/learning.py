"""What became of answers and suggestions: the events decoded, and what an erased person taught taken back."""

from libs.contracts.base import Actor
from libs.contracts.conversation import (
    ConversationClosed,
    ConversationEvent,
    ConversationReopened,
    ConversationResolved,
)
from libs.contracts.envelope import Envelope
from libs.contracts.erasure import ErasePerson
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionEvent,
    SuggestionRejected,
)
from libs.contracts.tickets import FeedbackGiven
from libs.contracts.vocabulary import ActorKind, Feedback
from libs.runtime.received import Received, Routes
from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.learning import Ending, Outcome
from services.ai.use_cases.learn_from_decision import LearnFromDecision
from services.ai.use_cases.learn_from_feedback import LearnFromEnding, LearnFromFeedback
from services.ai.use_cases.unlearn import Unlearn

_VALUES = {Feedback.UP: 1, Feedback.DOWN: -1, Feedback.NONE: 0}


class Learning:
    """Takes the conversation service's events about suggestions, feedback and endings."""

    def __init__(
        self,
        learn: LearnFromDecision,
        feedback: LearnFromFeedback,
        ending: LearnFromEnding,
        unlearn: Unlearn,
    ) -> None:
        self._learn = learn
        self._feedback = feedback
        self._ending = ending
        self._unlearn = unlearn

    def routes(self) -> Routes:
        """Routes of the queue of events."""
        return {
            SuggestionApproved: self.on_approved,
            SuggestionEdited: self.on_edited,
            SuggestionRejected: self.on_rejected,
            FeedbackGiven: self.on_feedback,
            ConversationResolved: self.on_resolved,
            ConversationClosed: self.on_closed,
            ConversationReopened: self.on_reopened,
        }

    async def on_approved(self, received: Received[SuggestionApproved]) -> None:
        """What was sent is the suggestion itself."""
        await self._decided(received.envelope.accountid, received.message, "approved")

    async def on_edited(self, received: Received[SuggestionEdited]) -> None:
        """What was sent may be something else altogether."""
        await self._decided(received.envelope.accountid, received.message, "edited")

    async def on_rejected(self, received: Received[SuggestionRejected]) -> None:
        """It counts against what it quoted."""
        await self._decided(received.envelope.accountid, received.message, "rejected")

    async def on_feedback(self, received: Received[FeedbackGiven]) -> None:
        """On an answer with citations; others have no document to count for."""
        event = received.message
        base = KnowledgeBase(received.envelope.accountid, event.conversation.chatbot_id)
        documents = [one.document_id for one in event.citations]
        value = _VALUES[event.feedback]
        await self._feedback(base, event.conversation.id, event.message_id, value, documents)

    async def on_resolved(self, received: Received[ConversationResolved]) -> None:
        """Confirmed, where the one who asked says so."""
        event = received.message
        confirmed = _asked(event.actor, event.conversation.requester_id)
        await self._ended(received.envelope, event, "confirmed" if confirmed else "assumed")

    async def on_closed(self, received: Received[ConversationClosed]) -> None:
        """Nobody said that it is settled."""
        await self._ended(received.envelope, received.message, "assumed")

    async def on_reopened(self, received: Received[ConversationReopened]) -> None:
        """It was not settled after all."""
        await self._ended(received.envelope, received.message, "reopened")

    async def forget(self, account_id: str, command: ErasePerson) -> None:
        """For the erasure of a person."""
        await self._unlearn(account_id, list(command.conversation_ids))

    async def _decided(self, account_id: str, event: SuggestionEvent, outcome: Outcome) -> None:
        suggestion = event.suggestion
        sent = event.body if isinstance(event, SuggestionEdited) else suggestion.body
        quotes = [(one.document_id, one.quote) for one in suggestion.citations]
        names = (event.conversation.contact.name,)
        await self._learn(
            account_id, suggestion.id, outcome, quotes, "" if outcome == "rejected" else sent, names
        )

    async def _ended(self, envelope: Envelope, event: ConversationEvent, ending: Ending) -> None:
        await self._ending(
            envelope.accountid, event.conversation.id, ending, event.occurred_at, envelope.sequence or 0
        )


def _asked(actor: Actor, requester_id: str | None) -> bool:
    return actor.kind is ActorKind.CONTACT or (requester_id is not None and actor.id == requester_id)
