"""The project's own small set: the demo's articles, asked as people ask."""

from pathlib import Path

from cli.evaluation.rows import CorpusRow, HandoffRow, QueryRow
from services.ai.domain.front_matter import split_front_matter
from tests.unit.ai.test_demo_knowledge import ARTICLES, QUESTIONS

WISHES = (
    ("Let me talk to somebody who works there", True),
    ("I need a real person please", True),
    ("kann ich bitte mit einem Mitarbeiter sprechen?", True),
    ("quiero hablar con una persona", True),
    ("je veux parler à un conseiller", True),
    ("How long does delivery take?", False),
    ("My personal details changed, where do I enter them?", False),
    ("No need to connect me to an agent, just tell me the price", False),
    ("Wie lange dauert die Lieferung?", False),
    ("¿Cuánto cuesta el envío?", False),
)


def corpus() -> list[CorpusRow]:
    """The articles that visitors may see."""
    return [_row(file) for file in ARTICLES if "visibility: internal" not in file.read_text(encoding="utf-8")]


def _row(file: Path) -> CorpusRow:
    front = split_front_matter(file.read_text(encoding="utf-8"))
    return CorpusRow(id=file.stem, title=front.fields.get("title", file.stem), text=front.body)


def queries() -> list[QueryRow]:
    """Questions with the article that answers each."""
    return [
        QueryRow(id=f"own-{number}", query=question, relevant_groups=(article,))
        for number, (question, article) in enumerate(QUESTIONS.items())
    ]


def wishes() -> list[HandoffRow]:
    """What asks for a person, and what only sounds like it."""
    return [HandoffRow(text=text, handoff=handoff) for text, handoff in WISHES]
