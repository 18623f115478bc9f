"""How often the first thing found is right: the service's own index, filled with somebody's corpus."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Self, cast, get_args

from cli.evaluation.figures import calibration_error
from cli.evaluation.rows import CorpusRow, QueryRow
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.contact_requests import Chatbot, ContactRequest, Role, Turn
from services.ai.domain.documents import Chunk, Document, KnowledgeBase, Phrasing, Visibility
from services.ai.domain.first_look import language_of
from services.ai.domain.languages import detect_language
from services.ai.domain.passages import Passage
from services.ai.domain.phrasings import placed
from services.ai.domain.questions import question_of

_BASE = KnowledgeBase("evaluation", "evaluation")
#: Passages looked at for each question; what is not among them counts as not found.
DEPTH = 50


class Evaluation:
    """The service's own index, filled with a corpus. Open with ``open``, end with ``close``."""

    def __init__(self, knowledge: QdrantEdgeKnowledge, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._knowledge = knowledge
        self._folder = folder
        self._rows: dict[str, CorpusRow] = {}
        self._phrasings: dict[str, list[Phrasing]] = defaultdict(list)
        self.index_seconds = 0.0

    @classmethod
    async def open(cls, corpus: Sequence[CorpusRow]) -> Self:
        """Index the corpus in a folder of its own."""
        folder = tempfile.TemporaryDirectory(prefix="parley-eval-")
        evaluation = cls(await QdrantEdgeKnowledge.open(Path(folder.name)), folder)
        started = perf_counter()
        for row in corpus:
            await evaluation._take_in(row)
        evaluation.index_seconds = perf_counter() - started
        return evaluation

    async def close(self) -> None:
        """Forget the corpus."""
        await self._knowledge.close()
        await asyncio.to_thread(self._folder.cleanup)

    async def learn(self, queries: Sequence[QueryRow]) -> None:
        """Take each query as an approved phrasing of the passage that an agent would have approved: the
        first one found that is right.
        """
        for query in queries:
            passages, _, _ = await self._search(query)
            right = next((one for one in passages if self._is_right(one, query)), None)
            if right is not None:
                asked = request_of(query).message.text
                self._phrasings[right.document_id].append(Phrasing(asked, right.text))
        for document_id in self._phrasings:
            await self._index(self._rows[document_id])

    async def measure(self, queries: Sequence[QueryRow]) -> dict[str, Any]:
        """`r1`, `r5`, `mrr` by group (0 to 1), `ece` of the first passage's confidence, `p50_ms` a search."""
        outcomes = [await self._ask(query) for query in queries]
        ranks = [rank for rank, _, _ in outcomes]
        times = sorted(seconds for _, _, seconds in outcomes)
        count = max(1, len(ranks))
        return {
            "queries": len(queries),
            "documents": len(self._rows),
            "r1": sum(rank == 1 for rank in ranks) / count,
            "r5": sum(0 < rank <= 5 for rank in ranks) / count,
            "mrr": sum(1 / rank for rank in ranks if rank) / count,
            "ece": calibration_error([sure for _, sure, _ in outcomes], [rank == 1 for rank in ranks]),
            "index_seconds": self.index_seconds,
            "p50_ms": 1000 * times[len(times) // 2] if times else 0.0,
        }

    async def answers(self, query: QueryRow) -> list[Passage]:
        """What is found for a query, best first."""
        passages, _, _ = await self._search(query)
        return passages

    async def _take_in(self, row: CorpusRow) -> None:
        self._rows[row.id] = row
        await self._index(row)

    async def _index(self, row: CorpusRow) -> None:
        document, chunks = document_of(row)
        await self._knowledge.add_document(document, placed(chunks, self._phrasings.get(row.id, ())))

    async def _search(self, query: QueryRow) -> tuple[list[Passage], float, float]:
        """Passages, the first one's confidence, seconds."""
        request = request_of(query)
        lookup = question_of(request, language_of(request)).lookup
        started = perf_counter()
        passages = await self._knowledge.search(_BASE, lookup, DEPTH)
        seconds = perf_counter() - started
        return passages, passages[0].score.confidence if passages else 0.0, seconds

    async def _ask(self, query: QueryRow) -> tuple[int, float, float]:
        """The rank of the first right group (0: none), the first passage's confidence, seconds."""
        passages, confidence, seconds = await self._search(query)
        seen = list(dict.fromkeys(self._rows[passage.document_id].found_as for passage in passages))
        relevant = set(query.relevant_groups)
        rank = next((rank for rank, group in enumerate(seen, 1) if group in relevant), 0)
        return rank, confidence, seconds

    def _is_right(self, passage: Passage, query: QueryRow) -> bool:
        return self._rows[passage.document_id].found_as in query.relevant_groups


async def evaluate_retrieval(
    corpus: Sequence[CorpusRow], queries: Sequence[QueryRow], learnt: Sequence[QueryRow] = ()
) -> dict[str, Any]:
    """The figures of ``Evaluation.measure``, with ``learnt`` as approved phrasings."""
    evaluation = await Evaluation.open(corpus)
    try:
        await evaluation.learn(learnt)
        return await evaluation.measure(queries)
    finally:
        await evaluation.close()


def document_of(row: CorpusRow, visibility: Visibility = "public") -> tuple[Document, list[Chunk]]:
    """A row as a document of the evaluation's chatbot, and its chunks."""
    text = row.text.strip() or row.title
    language = detect_language(f"{row.title}\n{text}")
    document = Document(row.id, *_BASE, row.title or row.id, text, visibility, language)
    return document, chunk_markdown(row.id, document.title, text)


def request_of(query: QueryRow) -> ContactRequest:
    """The question as the service would be asked it."""
    turns = [
        Turn(str(number), cast("Role", turn.role) if turn.role in get_args(Role) else "contact", turn.text)
        for number, turn in enumerate(query.turns)
    ]
    if query.query.strip():
        turns.append(Turn("asked", "contact", query.query))
    bot = Chatbot(_BASE.chatbot_id, "Evaluation")
    return ContactRequest(_BASE.account_id, bot, turns[-1], tuple(turns))
