"""Suggestions: the command decoded, and the proposal sent back to the conversation."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts import topology
from libs.contracts.base import Actor
from libs.contracts.conversation import Citation
from libs.contracts.envelope import wrap
from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.suggestions import Analysis, DraftReply, Entity, RecordSuggestion, SimilarConversation
from libs.contracts.vocabulary import ActorKind
from libs.runtime.clock import now
from libs.runtime.ids import derived_id
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received, Routes
from libs.runtime.telemetry import current_traceparent
from services.ai.domain import contact_requests as ai
from services.ai.domain.citations import Citation as Quoted
from services.ai.domain.drafting import Wishes
from services.ai.domain.learning import Outcome

SOURCE = "ai"


class Propose(Protocol):
    """The use case `DraftReply`."""

    async def __call__(
        self, request: ai.ContactRequest, *, avoid: str | None = None, wishes: Wishes = ...
    ) -> ai.Suggestion:
        """Propose a reply."""
        ...


class Remember(Protocol):
    """The use case `RememberProposal`."""

    async def __call__(
        self,
        request: ai.ContactRequest,
        proposal_id: str,
        language: str,
        text: str,
        *,
        documents: Sequence[str] = (),
        intent: str = "",
        outcome: Outcome = "proposed",
    ) -> None:
        """Keep what was asked and answered until it is known what becomes of it."""
        ...


class Drafting:
    """Takes `draft_reply`."""

    def __init__(self, propose: Propose, remember: Remember, publisher: Publisher) -> None:
        self._propose = propose
        self._remember = remember
        self._publisher = publisher

    def routes(self) -> Routes:
        """Routes of the queue."""
        return {DraftReply: self.on_draft_reply}

    async def on_draft_reply(self, received: Received[DraftReply]) -> None:
        """Propose. The proposal's id is derived from the request's, so that a repeat is one proposal."""
        command = received.message
        wishes = Wishes(
            tone=command.wishes.tone,
            length=command.wishes.length,
            custom_prompt=command.wishes.custom_prompt,
        )
        request = _request(received)
        suggestion = await self._propose(request, avoid=command.avoid, wishes=wishes)
        await self._remember(
            request,
            command.request_id,
            suggestion.language,
            suggestion.text,
            documents=[one.document_id for one in suggestion.citations],
            intent=suggestion.analysis.intent,
        )
        record = RecordSuggestion(
            actor=Actor(kind=ActorKind.AI, id=command.chatbot.id, name=command.chatbot.name),
            conversation_id=command.conversation.id,
            request_id=command.request_id,
            message_id=command.message_id,
            body=suggestion.text,
            confidence=suggestion.confidence,
            citations=_citations(suggestion.citations),
            analysis=_analysis(suggestion),
        )
        envelope = wrap(
            record,
            id=derived_id("suggestion", received.envelope.id),
            source=SOURCE,
            time=now(),
            accountid=received.envelope.accountid,
            subject=command.conversation.id,
            cause=received.envelope,
            traceparent=current_traceparent(),
        )
        partition = topology.partition(topology.conversation_crc(command.conversation.id))
        await self._publisher.publish(
            envelope, exchange=topology.CONVERSATION_COMMANDS, routing_key=f"{partition}.{record.type}"
        )


def _citations(found: Sequence[Quoted]) -> tuple[Citation, ...]:
    return tuple(
        Citation(document_id=one.document_id, chunk_id=one.chunk_id, title=one.title, quote=one.quote)
        for one in found
    )


def _analysis(suggestion: ai.Suggestion) -> Analysis:
    seen = suggestion.analysis
    return Analysis(
        language=seen.language or suggestion.language,
        found=suggestion.found,
        engine=suggestion.engine,
        intent=seen.intent,
        sentiment=seen.sentiment,
        urgency=seen.urgency,
        entities=tuple(Entity(kind=one.kind, text=one.text) for one in seen.entities),
        similar=tuple(
            SimilarConversation(
                conversation_id=one.conversation_id,
                question=one.question,
                reply=one.sent,
                ending="confirmed" if one.ending == "confirmed" else "assumed",
                at=one.at,
            )
            for one in suggestion.similar
        ),
        practices=suggestion.practices,
        background=_citations(suggestion.background),
    )


def _request(received: Received[DraftReply]) -> ai.ContactRequest:
    """The conversation up to the message that is answered."""
    command = received.message
    turns = [ai.Turn(turn.message_id, turn.role, turn.text) for turn in command.turns]
    place = next((at for at, turn in enumerate(turns) if turn.id == command.message_id), None)
    if place is None:
        raise PermanentError(ErrorCode.INVALID, "the message to answer is not among the turns")
    return ai.ContactRequest(
        account_id=received.envelope.accountid,
        chatbot=ai.Chatbot(command.chatbot.id, command.chatbot.name, command.chatbot.instructions),
        message=turns[place],
        turns=tuple(turns[: place + 1]),
        conversation_id=command.conversation.id,
        contact_names=(command.conversation.contact.name,),
        contact_value=command.contact_value,
        department=command.conversation.department,
    )
