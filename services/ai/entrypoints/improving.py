"""An agent's draft: the query decoded, and its answer."""

from typing import Protocol

from libs.contracts.conversation import Citation
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.improving import ImprovedDraft, ImproveDraft, Remark
from libs.runtime.received import Received, Routes
from services.ai.domain import contact_requests as ai
from services.ai.domain.improving import LookedOver


class LookOver(Protocol):
    """The use case `ImproveDraft`."""

    async def __call__(self, request: ai.ContactRequest, draft: str) -> LookedOver:
        """Look a draft over."""
        ...


class Improving:
    """Answers `improve_draft`."""

    def __init__(self, look_over: LookOver) -> None:
        self._look_over = look_over

    def queries(self) -> Routes:
        """Routes of the queue of queries."""
        return {ImproveDraft: self.on_improve_draft}

    async def on_improve_draft(self, received: Received[ImproveDraft]) -> ImprovedDraft:
        """Look it over. DomainError `invalid` where the contact has said nothing yet."""
        query = received.message
        turns = [ai.Turn(turn.message_id, turn.role, turn.text) for turn in query.turns]
        place = max((at for at, turn in enumerate(turns) if turn.role == "contact"), default=None)
        if place is None:
            raise DomainError(ErrorCode.INVALID, "the contact has said nothing that a draft could answer")
        request = ai.ContactRequest(
            account_id=received.envelope.accountid,
            chatbot=ai.Chatbot(query.chatbot.id, query.chatbot.name, query.chatbot.instructions),
            message=turns[place],
            turns=tuple(turns[: place + 1]),
            conversation_id=query.conversation_id,
            contact_names=(query.contact_name,),
        )
        seen = await self._look_over(request, query.draft)
        return ImprovedDraft(
            improved=seen.improved,
            remarks=tuple(Remark(kind=note.kind, text=note.text[:1_000]) for note in seen.notes[:32]),
            citations=tuple(
                Citation(document_id=one.document_id, chunk_id=one.chunk_id, title=one.title, quote=one.quote)
                for one in seen.citations
            ),
            engine=seen.engine,
        )
