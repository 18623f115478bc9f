"""Whether a message asks for a person, what it is about, and whether passages answer a question."""

from collections.abc import Sequence
from typing import Any

from cli.evaluation.figures import auroc, precision_recall_f1
from cli.evaluation.rows import HandoffRow, IntentRow, PairRow, PassageRow
from services.ai.domain.bm25 import Corpus, term_weights
from services.ai.domain.documents import Chunk
from services.ai.domain.human_request import asks_for_human
from services.ai.domain.intents import learn
from services.ai.domain.languages import detect_language
from services.ai.domain.passages import Score
from services.ai.domain.terms import chunk_terms
from services.ai.domain.weighing import weigh_query

#: A guess less likely than this is taken as out of scope, where the set has messages that are.
LEAST_PROBABILITY = 0.25


def evaluate_handoff(rows: Sequence[HandoffRow]) -> dict[str, Any]:
    """`precision`, `recall` and `f1` (0 to 1) of what asks for a person."""
    precision, recall, f1 = precision_recall_f1(
        [asks_for_human(row.text) for row in rows], [row.handoff for row in rows]
    )
    return {"texts": len(rows), "precision": precision, "recall": recall, "f1": f1}


def evaluate_intent(train: Sequence[IntentRow], test: Sequence[IntentRow]) -> dict[str, Any]:
    """`accuracy` (0 to 1) over all of `test`; `out_of_scope_recall` where some of it is.

    Raises ValueError without examples of two intents.
    """
    model = learn((row.text, row.intent) for row in train if row.intent is not None)
    open_set = any(row.intent is None for row in (*train, *test))
    right = outside = found_outside = 0
    for row in test:
        guess = model.guess(row.text)
        said = None if open_set and guess.probability < LEAST_PROBABILITY else guess.intent
        right += said == row.intent
        outside += row.intent is None
        found_outside += row.intent is None and said is None
    figures: dict[str, Any] = {
        "examples": len(train),
        "texts": len(test),
        "accuracy": right / max(1, len(test)),
    }
    if outside:
        figures["out_of_scope_recall"] = found_outside / outside
    return figures


def evaluate_support(rows: Sequence[PairRow]) -> dict[str, Any]:
    """`auroc` of the confidence that the passages answer the question.

    Words are as rare as they are among all passages of the set. Raises ValueError without both kinds.
    """
    chunks = [_chunks(number, row) for number, row in enumerate(rows)]
    corpus = Corpus()
    analysed = [
        [(chunk, _language(chunk), chunk_terms(chunk, _language(chunk))) for chunk in few] for few in chunks
    ]
    for few in analysed:
        for _, language, terms in few:
            corpus.add(terms.distinct, terms.lengths, language)
    confidences = []
    for row, few in zip(rows, analysed, strict=True):
        query = weigh_query(row.query, corpus)
        scores = [
            sum(
                query.weights.get(term, 0.0) * weight
                for term, weight in term_weights(terms, corpus.means).items()
            )
            for _, _, terms in few
        ]
        confidences.append(max((Score(score, query.mass).confidence for score in scores), default=0.0))
    answerable = [row.answerable for row in rows]
    return {"pairs": len(rows), "answerable": sum(answerable), "auroc": auroc(confidences, answerable)}


def _chunks(number: int, row: PairRow) -> list[Chunk]:
    passages = [PassageRow(text=one) if isinstance(one, str) else one for one in row.passages]
    return [
        Chunk(f"{number}#{place}", str(number), place, passage.title, passage.text)
        for place, passage in enumerate(passages)
    ]


def _language(chunk: Chunk) -> str | None:
    return detect_language(f"{chunk.title}\n{chunk.text}")
