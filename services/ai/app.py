"""The ai service, put together."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from libs.contracts import topology
from libs.contracts.errors import TransientError
from libs.contracts.knowledge import MOST_DOCUMENT_BYTES
from libs.runtime.blob_store import open_blobs
from libs.runtime.clock import now
from libs.runtime.erasing import person_routes
from libs.runtime.foundation import Foundation
from libs.runtime.logs import get_logger
from libs.runtime.received import Routes
from libs.runtime.service import Service
from libs.runtime.settings import folder
from services.ai.adapters.blob_files import BlobFiles
from services.ai.adapters.bounded_reader import BoundedReader
from services.ai.adapters.guarded_chat import GuardedChat
from services.ai.adapters.mongo_documents import INDEXES, MongoDocuments
from services.ai.adapters.mongo_proposals import INDEXES as PROPOSAL_INDEXES
from services.ai.adapters.mongo_proposals import MongoProposals
from services.ai.adapters.mongo_usage import INDEXES as USAGE_INDEXES
from services.ai.adapters.mongo_usage import MongoUsage
from services.ai.adapters.mongo_votes import INDEXES as VOTE_INDEXES
from services.ai.adapters.mongo_votes import MongoVotes
from services.ai.adapters.openai_chat import OpenAIChat
from services.ai.adapters.openai_embedder import OpenAIEmbedder
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.grounding import Thresholds
from services.ai.domain.model_calls import Circumstances
from services.ai.domain.readiness import embedding_named, model_named
from services.ai.domain.routing import Price, Route, RoutingTable, default_routes
from services.ai.entrypoints.directory import directory_routes
from services.ai.entrypoints.drafting import Drafting
from services.ai.entrypoints.improving import Improving
from services.ai.entrypoints.knowing import Knowing
from services.ai.entrypoints.learning import Learning
from services.ai.entrypoints.phrasings import Phrasings
from services.ai.entrypoints.subscribers import Subscribers
from services.ai.settings import AISettings
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.ask_model import AskModel, ModelLimits
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.current_knowledge import CurrentKnowledge
from services.ai.use_cases.decide_phrasing import DecidePhrasing, ListPhrasings
from services.ai.use_cases.draft_reply import DraftReply
from services.ai.use_cases.embedding_ports import Embedder, EmbeddingUnavailable
from services.ai.use_cases.forget_chatbot import ForgetChatbot
from services.ai.use_cases.generations import Engine, Generations
from services.ai.use_cases.improve_draft import ImproveDraft
from services.ai.use_cases.index_documents import IndexDocuments, IndexProgress
from services.ai.use_cases.learn_from_decision import LearnFromDecision
from services.ai.use_cases.learn_from_feedback import LearnFromEnding, LearnFromFeedback
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing
from services.ai.use_cases.look_at_knowledge import LookAtKnowledge
from services.ai.use_cases.look_at_learning import LookAtLearning
from services.ai.use_cases.model_engine import ModelEngine
from services.ai.use_cases.ports import KnowledgeUnavailable
from services.ai.use_cases.put_document import PutDocument
from services.ai.use_cases.reindex_knowledge import ReindexKnowledge
from services.ai.use_cases.remember_proposal import RememberProposal
from services.ai.use_cases.remove_document import RemoveDocument
from services.ai.use_cases.rewrite_question import Understand
from services.ai.use_cases.take_in_document import TakeInDocument
from services.ai.use_cases.take_in_file import TakeInFile
from services.ai.use_cases.unlearn import Unlearn
from services.ai.use_cases.weighed_knowledge import WeighedKnowledge

_EMBEDDING_PAUSE = 30.0

_log = get_logger("ai")


class _Model(Embedder, Protocol):
    """An embedding model that can be let go of."""

    async def close(self) -> None: ...


async def build(settings: AISettings) -> Service:
    """The service, ready to run. Connects to nothing yet."""
    foundation = Foundation(
        "ai",
        settings,
        indexes={**INDEXES, **USAGE_INDEXES, **PROPOSAL_INDEXES, **VOTE_INDEXES},
        relays=False,
    )
    documents = MongoDocuments(foundation.store)
    embedder = await _embedder(settings, foundation)
    knowledge = Generations(documents, *_generations(settings, embedder), _report_progress)
    index = IndexDocuments(documents, knowledge, _report_progress)
    take_in = TakeInDocument(PutDocument(documents), index)
    ask = _model(settings, foundation)
    proposals, votes = MongoProposals(foundation.store), MongoVotes(foundation.store)
    remember = RememberProposal(proposals, now)
    current = CurrentKnowledge(knowledge, documents, index)
    weighed = WeighedKnowledge(current, votes, time.monotonic)
    answer = AnswerContact(
        weighed,
        Thresholds(settings.answer_confidence, settings.clarify_confidence),
        ModelEngine(ask) if ask else None,
        understand=Understand(ask),
        quotes_instead=settings.without_model == "extractive",
        standing=current,
    )
    subscribers = Subscribers(
        answer,
        take_in,
        remember,
        foundation.publisher,
    )
    foundation.consumers.work_queue(topology.AI_ANSWER_CONTACT, subscribers.answers(), prefetch=50)
    drafting = Drafting(DraftReply(weighed, ask, proposals), remember, foundation.publisher)
    foundation.consumers.work_queue(topology.AI_DRAFT_REPLY, drafting.routes(), prefetch=20)
    foundation.consumers.work_queue(topology.AI_ADD_DOCUMENT, subscribers.documents(), prefetch=4)
    learning = _learning(settings, documents, proposals, votes)
    foundation.consumers.work_queue(topology.AI_ON_CONVERSATION, learning.routes(), prefetch=10)
    phrasings = Phrasings(
        DecidePhrasing(documents), ListPhrasings(documents), LookAtLearning(proposals, votes, now)
    )
    foundation.consumers.work_queue(topology.AI_DECIDE_PHRASING, phrasings.commands(), prefetch=4)
    erasing = person_routes(foundation.store, foundation.publisher, "ai", forget_owned=learning.forget)
    foundation.consumers.work_queue(topology.AI_ERASE_PERSON, erasing, prefetch=1)
    forget = ForgetChatbot(documents, RemoveDocument(documents), proposals, votes)
    foundation.consumers.work_queue(topology.AI_ON_DIRECTORY, directory_routes(forget), prefetch=1)
    look = LookAtKnowledge(documents, knowledge, index)
    improving = Improving(ImproveDraft(weighed, ask))
    more = {**improving.queries(), **phrasings.queries()}
    embedding = embedder.name if embedder else None
    engine = "qdrant" if settings.qdrant_url else "qdrant-edge"
    _add_knowledge(settings, foundation, take_in, look, more, engine, embedding, knowledge)
    service = foundation.service
    service.health.add_check("knowledge", knowledge.ping)
    service.health.add_part("engine", lambda: engine)
    service.health.add_part(
        "embedding", lambda: embedding_named(embedding, is_away=knowledge.is_meaning_away)
    )
    service.on_start(knowledge.start)
    service.on_start(index)
    service.on_stop(knowledge.close)
    service.background(lambda: _keep_indexed(index, settings.index_poll_seconds))
    service.background(lambda: _keep_renewed(knowledge, index, settings.index_poll_seconds))
    if embedder is not None:
        service.background(lambda: _keep_embedded(knowledge, settings.index_poll_seconds))
    return foundation.start_consuming()


def _learning(
    settings: AISettings, documents: MongoDocuments, proposals: MongoProposals, votes: MongoVotes
) -> Learning:
    """Everything that becomes of answers and suggestions."""
    cast = CastVote(votes, documents)
    learn = LearnPhrasing(documents, reviewed=settings.learnt_phrasings == "reviewed")
    return Learning(
        LearnFromDecision(proposals, learn, cast, now),
        LearnFromFeedback(proposals, cast, now),
        LearnFromEnding(proposals),
        Unlearn(proposals, votes, ForgetPhrasing(documents)),
    )


def _model(settings: AISettings, foundation: Foundation) -> AskModel | None:
    """The way to language models; None without a key."""
    endpoints = {}
    for name, url, key in (
        ("main", settings.model_base_url, settings.model_api_key),
        ("second", settings.second_base_url, settings.second_api_key),
    ):
        if key is not None and key.get_secret_value():
            chat = OpenAIChat(url, key.get_secret_value(), seconds=settings.model_call_seconds)
            foundation.service.on_stop(chat.close)
            endpoints[name] = GuardedChat(
                chat,
                time.monotonic,
                most_at_once=settings.model_calls_at_once,
                pause=settings.model_pause_seconds,
            )
    if not endpoints:
        foundation.service.health.add_part("model", lambda: model_named((), (), settings.without_model))
        return None
    names = {
        "main": (settings.model_cheap, settings.model_premium),
        "second": (settings.second_cheap, settings.second_premium),
    }
    cheap, premium = (tuple(f"{one}/{names[one][at]}" for one in endpoints) for at in (0, 1))
    own = tuple(
        Route(
            frozenset(row.tasks),
            row.models,
            row.least_value,
            row.least_complexity,
            frozenset(row.chatbots),
        )
        for row in settings.model_routes
    )
    prices = {name: Price(one.prompt, one.completion) for name, one in settings.model_prices.items()}
    limits = ModelLimits(
        settings.model_seconds,
        settings.conversation_tokens,
        settings.account_day_tokens,
        settings.conversation_cost,
        settings.account_day_cost,
    )
    table = RoutingTable(own or default_routes(cheap, premium), prices)

    def rung() -> str:
        left_alone = {name for name, one in endpoints.items() if not one.is_open}
        return model_named(table.models("answer", Circumstances("", "")), left_alone, settings.without_model)

    foundation.service.health.add_part("model", rung)
    return AskModel(endpoints, table, MongoUsage(foundation.store), limits, time.monotonic)


def _add_knowledge(
    settings: AISettings,
    foundation: Foundation,
    take_in: TakeInDocument,
    look: LookAtKnowledge,
    more: Routes,
    engine: str,
    embedding: str | None,
    generations: Generations,
) -> None:
    """The documents' commands and queries."""
    documents = MongoDocuments(foundation.store)
    blobs = open_blobs(settings, foundation.store.beside(settings.database("blobs")))
    knowing = Knowing(
        TakeInFile(BlobFiles(blobs), BoundedReader(), take_in, most_bytes=MOST_DOCUMENT_BYTES),
        RemoveDocument(documents),
        look,
        engine=engine,
        embedding=embedding,
        reindex=ReindexKnowledge(documents, generations),
    )
    foundation.service.on_stop(blobs.close)
    foundation.consumers.work_queue(topology.AI_PUT_DOCUMENT, knowing.puts(), prefetch=4)
    foundation.consumers.work_queue(topology.AI_REMOVE_DOCUMENT, knowing.removals(), prefetch=4)
    foundation.consumers.work_queue(topology.AI_REINDEX, knowing.renewals(), prefetch=1)
    foundation.consumers.queries("ai", {**knowing.queries(), **more})


def _generations(
    settings: AISettings, embedder: Embedder | None
) -> tuple[Callable[[int], Awaitable[Engine]], Callable[[int], Awaitable[None]]]:
    """How a generation of the index is opened and forgotten: on a Qdrant server where one is named, else in
    a folder of this replica's.
    """
    if settings.qdrant_url:
        return lambda number: _on_server(settings, embedder, number), _left_to_others
    root = Path(settings.index_folder)

    def where(number: int) -> Path:
        return root / f"generation-{number}" if number else root

    async def open_folder(number: int) -> Engine:
        made = await asyncio.to_thread(folder, str(where(number)))
        return await QdrantEdgeKnowledge.open(made, embedder=embedder)

    async def forget(number: int) -> None:
        for old in where(number).glob("lexical-*"):
            await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)

    return open_folder, forget


async def _left_to_others(_number: int) -> None:
    """Other replicas may serve from the collection still: an operator removes it."""


async def _on_server(settings: AISettings, embedder: Embedder | None, number: int) -> Engine:
    # Imported where it is needed: the client costs every other process 44 MiB and 0.6 s.
    from qdrant_client import AsyncQdrantClient  # noqa: PLC0415

    from services.ai.adapters.qdrant_server_knowledge import QdrantServerKnowledge  # noqa: PLC0415

    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    client = AsyncQdrantClient(url=settings.qdrant_url, api_key=key, timeout=30, check_compatibility=False)
    return QdrantServerKnowledge.at(client, embedder=embedder, generation=number)


async def _embedder(settings: AISettings, foundation: Foundation) -> _Model | None:
    """The model that makes vectors, if there is one."""
    made: _Model
    if settings.embedding_folder:
        from services.ai.adapters.onnx_embedder import OnnxEmbedder  # noqa: PLC0415 - 30 MiB

        made = await OnnxEmbedder.open(Path(settings.embedding_folder))
    elif settings.embedding_model and settings.model_api_key and settings.model_api_key.get_secret_value():
        made = OpenAIEmbedder(
            settings.model_base_url,
            settings.model_api_key.get_secret_value(),
            model=settings.embedding_model,
            dimension=settings.embedding_dimension,
            seconds=settings.embedding_seconds,
        )
    else:
        return None
    foundation.service.on_stop(made.close)
    return made


def _report_progress(progress: IndexProgress) -> None:
    """Now and then: at each hundredth of the way, and at its end."""
    if progress.done == progress.total or progress.done % max(1, progress.total // 100) == 0:
        _log.info("indexing", done=progress.done, total=progress.total)


async def _keep_indexed(index: IndexDocuments, pause: float) -> None:
    """Follow what other replicas take in."""
    while True:
        await asyncio.sleep(pause)
        try:
            await index()
        except (TransientError, KnowledgeUnavailable) as error:
            _log.warning("index not brought up to date", error_type=type(error).__name__)


async def _keep_renewed(knowledge: Generations, index: IndexDocuments, pause: float) -> None:
    """Build another generation of the index when an operator asks for one."""
    while True:
        await asyncio.sleep(pause)
        try:
            if await knowledge.renew():
                index.start_over()
                _log.info("another generation of the index serves", generation=knowledge.number)
        except (TransientError, KnowledgeUnavailable) as error:
            _log.warning("index not renewed", error_type=type(error).__name__)


async def _keep_embedded(knowledge: Generations, pause: float) -> None:
    """Give what was indexed its vectors, some at a time; while the model is away words alone are compared."""
    while True:
        try:
            done = await knowledge.embed_waiting()
        except (EmbeddingUnavailable, KnowledgeUnavailable) as error:
            _log.warning("documents wait for their vectors", reason=str(error))
            await asyncio.sleep(_EMBEDDING_PAUSE)
        else:
            if not done:
                await asyncio.sleep(pause)
