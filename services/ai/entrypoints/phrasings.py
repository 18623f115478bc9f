"""What was learnt, looked at and decided on by administrators."""

from typing import Final

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.learning import (
    DecidePhrasing,
    GetLearning,
    LearningView,
    ListPhrasings,
    PhrasingPage,
    PhrasingView,
)
from libs.runtime.received import Received, Routes
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.use_cases import decide_phrasing as use_cases
from services.ai.use_cases.look_at_learning import LookAtLearning

_SUGGESTIONS: Final = ("proposed", "approved", "edited", "rejected")
_ENDINGS: Final = ("confirmed", "assumed", "reopened")


class Phrasings:
    """One method a message."""

    def __init__(
        self, decide: use_cases.DecidePhrasing, listed: use_cases.ListPhrasings, look: LookAtLearning
    ) -> None:
        self._decide = decide
        self._listed = listed
        self._look = look

    def commands(self) -> Routes:
        """Routes of the queue of decisions."""
        return {DecidePhrasing: self.on_decide}

    def queries(self) -> Routes:
        """Routes of the queue of queries."""
        return {ListPhrasings: self.on_list, GetLearning: self.on_learning}

    async def on_decide(self, received: Received[DecidePhrasing]) -> PhrasingView:
        """Decide. DomainError `not_found`."""
        command = received.message
        base = KnowledgeBase(received.envelope.accountid, command.chatbot_id)
        placed = await self._decide(
            DocumentKey(base, command.document_id), command.phrasing_id, command.state
        )
        if placed is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such phrasing.")
        return _view(placed)

    async def on_list(self, received: Received[ListPhrasings]) -> PhrasingPage:
        """A page. A cursor is the last one's document and id."""
        query = received.message
        base = KnowledgeBase(received.envelope.accountid, query.chatbot_id)
        document, _, last = (query.cursor or "").rpartition("/")
        after = (document, last) if query.cursor else None
        found = await self._listed(base, after, query.page_size + 1, query.state)
        items = tuple(_view(one) for one in found[: query.page_size])
        cursor = f"{items[-1].document_id}/{items[-1].id}" if len(found) > len(items) else None
        return PhrasingPage(items=items, next_cursor=cursor)

    async def on_learning(self, received: Received[GetLearning]) -> LearningView:
        """Counts."""
        base = KnowledgeBase(received.envelope.accountid, received.message.chatbot_id)
        seen = await self._look(base)
        endings = {name: seen.endings.get(name, 0) for name in _ENDINGS}
        return LearningView(
            suggestions={name: seen.outcomes.get(name, 0) for name in _SUGGESTIONS},
            answers=seen.outcomes.get("answered", 0),
            endings=endings | {"open": seen.endings.get("", 0)},
            in_favour=seen.in_favour,
            against=seen.against,
        )


def _view(placed: use_cases.Placed) -> PhrasingView:
    return PhrasingView(
        id=placed.id,
        document_id=placed.document.id,
        document_title=placed.document.title,
        question=placed.phrasing.question,
        quote=placed.phrasing.quote,
        state=placed.phrasing.state,
    )
