"""How often the first thing found is right: the service's own index, filled with somebody's corpus."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, cast, get_args

from cli.evaluation.figures import calibration_error
from cli.evaluation.rows import CorpusRow, QueryRow
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.contact_requests import Chatbot, ContactRequest, Role, Turn
from services.ai.domain.documents import Document, KnowledgeBase
from services.ai.domain.first_look import language_of
from services.ai.domain.languages import detect_language
from services.ai.domain.passages import Passage
from services.ai.domain.questions import question_of

_BASE = KnowledgeBase("evaluation", "evaluation")
#: Passages looked at for each question; what is not among them counts as not found.
DEPTH = 50


async def evaluate_retrieval(corpus: Sequence[CorpusRow], queries: Sequence[QueryRow]) -> dict[str, Any]:
    """`r1`, `r5`, `mrr` by group (0 to 1), `ece` of the first passage's confidence, `p50_ms` a search."""
    groups = {row.id: row.found_as for row in corpus}
    with tempfile.TemporaryDirectory(prefix="parley-eval-") as folder:
        knowledge = await QdrantEdgeKnowledge.open(Path(folder))
        try:
            started = perf_counter()
            for row in corpus:
                await knowledge.add_document(*_document(row))
            indexed = perf_counter() - started
            outcomes = [await _ask(knowledge, query, groups) for query in queries]
        finally:
            await knowledge.close()
    ranks = [rank for rank, _, _ in outcomes]
    times = sorted(seconds for _, _, seconds in outcomes)
    count = max(1, len(ranks))
    return {
        "queries": len(queries),
        "documents": len(corpus),
        "r1": sum(rank == 1 for rank in ranks) / count,
        "r5": sum(0 < rank <= 5 for rank in ranks) / count,
        "mrr": sum(1 / rank for rank in ranks if rank) / count,
        "ece": calibration_error([sure for _, sure, _ in outcomes], [rank == 1 for rank in ranks]),
        "index_seconds": indexed,
        "p50_ms": 1000 * times[len(times) // 2] if times else 0.0,
    }


def _document(row: CorpusRow) -> tuple[Document, list[Any]]:
    text = row.text.strip() or row.title
    document = Document(
        row.id, *_BASE, row.title or row.id, text, language=detect_language(f"{row.title}\n{text}")
    )
    return document, chunk_markdown(row.id, document.title, text)


async def _ask(
    knowledge: QdrantEdgeKnowledge, query: QueryRow, groups: dict[str, str]
) -> tuple[int, float, float]:
    """The rank of the first right group (0: none), the first passage's confidence, seconds."""
    request = request_of(query)
    lookup = question_of(request, language_of(request)).lookup
    started = perf_counter()
    passages = await knowledge.search(_BASE, lookup, DEPTH)
    seconds = perf_counter() - started
    confidence = passages[0].score.confidence if passages else 0.0
    return _rank(passages, groups, set(query.relevant_groups)), confidence, seconds


def _rank(passages: Sequence[Passage], groups: dict[str, str], relevant: set[str]) -> int:
    seen = list(dict.fromkeys(groups[passage.document_id] for passage in passages))
    return next((rank for rank, group in enumerate(seen, 1) if group in relevant), 0)


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
