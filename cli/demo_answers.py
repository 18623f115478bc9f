"""What a chatbot says to the same person with a model, with a sick one and without any: the code that serves,
over the demo's articles, with the model stand-in on this machine. Needs no broker, no store, no network.
"""

import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from deploy.local.demo.account import KNOWLEDGE
from libs.standins.model import ModelStandin
from services.ai.adapters.guarded_chat import GuardedChat
from services.ai.adapters.openai_chat import OpenAIChat
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.contact_requests import Answer, Chatbot, ContactRequest, Handoff, NoAnswer, Turn
from services.ai.domain.documents import Document, KnowledgeBase
from services.ai.domain.front_matter import split_front_matter
from services.ai.domain.grounding import Thresholds
from services.ai.domain.model_calls import CallRecord, Circumstances, Spent
from services.ai.domain.routing import RoutingTable, default_routes
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.model_engine import ModelEngine

_BASE: Final = KnowledgeBase("demo", "kettle")
_WIDTH: Final = 100
_SMALL_TALK: Final = ("Hi there",)
_COVERED: Final = ("How long does delivery take?", "Is the glass lid safe in the dishwasher?")
_NOT_COVERED: Final = ("Do you also repair bicycles?", "What about mountain bikes?")
_MADE_UP: Final = {
    "kind": "answer",
    "reason": "none",
    "question": "",
    "claims": [
        {"text": "Delivery takes one day.", "passage": "p1", "quote": "Delivery takes one day."},
        {"text": "See https://evil.example.", "passage": "p1", "quote": "See https://evil.example."},
    ],
}

Model = Literal["none", "well", "makes things up", "hangs"]


@dataclass(frozen=True)
class Scene:
    """One conversation: what the person writes, to a chatbot with such a model."""

    title: str
    model: Model
    questions: tuple[str, ...]
    quotes_instead: bool = False


SCENES: Final = (
    Scene("without a model", "none", (*_SMALL_TALK, *_COVERED, *_NOT_COVERED)),
    Scene("with a model", "well", _COVERED),
    Scene("with a model that makes things up", "makes things up", _COVERED[:1]),
    Scene("with a model that hangs", "hangs", _COVERED[:1]),
    Scene("with a model that hangs, AI_WITHOUT_MODEL=extractive", "hangs", _COVERED[:1], quotes_instead=True),
)


@dataclass
class _Ledger:
    """What the calls of one answer were."""

    calls: list[CallRecord] = field(default_factory=list)

    async def spent(self, circumstances: Circumstances) -> tuple[Spent, Spent]:  # noqa: ARG002 - the port's
        return Spent(), Spent()

    async def record(self, call: CallRecord) -> None:
        self.calls.append(call)


async def play(say: Callable[[str], None], *, call_seconds: float = 8.0, seconds: float = 18.0) -> None:
    """Every scene, told line by line. The limits are those of the service."""
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
        knowledge = await QdrantEdgeKnowledge.open(Path(folder))
        try:
            await _read_articles(knowledge)
            for scene in SCENES:
                say(f"\n{scene.title}\n")
                ledger = _Ledger()
                async with _bot(knowledge, scene, ledger, call_seconds, seconds) as bot:
                    await _converse(bot, scene, ledger, say)
        finally:
            await knowledge.close()


async def _read_articles(knowledge: QdrantEdgeKnowledge) -> None:
    for file in sorted(KNOWLEDGE.glob("*.md")):
        front = split_front_matter(file.read_text(encoding="utf-8"))
        is_internal = front.fields.get("visibility") == "internal"
        title, visibility = front.fields["title"], "internal" if is_internal else "public"
        document = Document(file.stem, *_BASE, title, front.body, visibility, "en")  # type: ignore[arg-type]
        await knowledge.add_document(document, chunk_markdown(file.stem, title, front.body))


@asynccontextmanager
async def _bot(
    knowledge: QdrantEdgeKnowledge, scene: Scene, ledger: _Ledger, call_seconds: float, seconds: float
) -> AsyncIterator[AnswerContact]:
    if scene.model == "none":
        yield AnswerContact(knowledge, Thresholds())
        return
    async with ModelStandin.running() as model:
        if scene.model == "makes things up":
            model.say(_MADE_UP)
        if scene.model == "hangs":
            model.add_fault("hang", seconds=600)
        chat = OpenAIChat(model.base_url, "sk-of-the-stand-in", seconds=call_seconds)
        routes = RoutingTable(default_routes(("main/reader-mini",), ("main/reader-1",)))
        limits = ModelLimits(seconds=seconds)
        ask = AskModel({"main": GuardedChat(chat, time.monotonic)}, routes, ledger, limits, time.monotonic)
        yield AnswerContact(knowledge, Thresholds(), ModelEngine(ask), quotes_instead=scene.quotes_instead)
        await chat.close()


async def _converse(bot: AnswerContact, scene: Scene, ledger: _Ledger, say: Callable[[str], None]) -> None:
    turns: list[Turn] = []
    for number, question in enumerate(scene.questions):
        turns.append(Turn(f"{number}", "contact", question))
        request = ContactRequest(_BASE.account_id, Chatbot(_BASE.chatbot_id, "Kit"), turns[-1], tuple(turns))
        ledger.calls.clear()
        begun = time.monotonic()
        decision = await bot(request)
        took = time.monotonic() - begun
        say(f"Mira  {question}")
        if isinstance(decision, NoAnswer):
            continue
        turns.append(Turn(f"{number}-answer", "ai", decision.text))
        say(textwrap.fill(decision.text, _WIDTH, initial_indent="Kit   ", subsequent_indent=" " * 6))
        say(f"      [{', '.join([*_about(decision), *_calls(ledger, took)])}]")


def _about(decision: Answer | Handoff) -> list[str]:
    if isinstance(decision, Handoff):
        return [f"handed over: {decision.reason}"]
    sure = [f"{decision.confidence:.2f}"] if decision.kind in {"answer", "clarify"} else []
    return [decision.kind, *sure, *dict.fromkeys(one.chunk_id for one in decision.citations)]


def _calls(ledger: _Ledger, took: float) -> list[str]:
    if not ledger.calls:
        return []
    each = (f"{one.model} {one.outcome}, {one.usage.total} tokens" for one in ledger.calls)
    return [*each, f"{took:.1f} s"]
