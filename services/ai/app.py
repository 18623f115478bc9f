"""The ai service, put together."""

import asyncio

from libs.contracts import topology
from libs.contracts.errors import TransientError
from libs.runtime.erasing import person_routes
from libs.runtime.foundation import Foundation
from libs.runtime.logs import get_logger
from libs.runtime.service import Service
from libs.runtime.settings import folder
from services.ai.adapters.mongo_documents import INDEXES, MongoDocuments
from services.ai.adapters.qdrant_edge_knowledge import QdrantEdgeKnowledge
from services.ai.domain.grounding import Thresholds
from services.ai.entrypoints.drafting import Drafting
from services.ai.entrypoints.subscribers import Subscribers
from services.ai.settings import AISettings
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.draft_reply import DraftReply
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.ports import KnowledgeUnavailable
from services.ai.use_cases.put_document import PutDocument
from services.ai.use_cases.take_in_document import TakeInDocument

_log = get_logger("ai")


async def build(settings: AISettings) -> Service:
    """The service, ready to run. Opens the index's folder; connects to nothing yet."""
    foundation = Foundation("ai", settings, indexes=INDEXES, relays=False)
    documents = MongoDocuments(foundation.store)
    knowledge = await QdrantEdgeKnowledge.open(await asyncio.to_thread(folder, settings.index_folder))
    index = IndexDocuments(documents, knowledge)
    subscribers = Subscribers(
        AnswerContact(knowledge, Thresholds(settings.answer_confidence, settings.clarify_confidence)),
        TakeInDocument(PutDocument(documents), index),
        foundation.publisher,
    )
    foundation.consumers.work_queue(topology.AI_ANSWER_CONTACT, subscribers.answers(), prefetch=50)
    drafting = Drafting(DraftReply(knowledge), foundation.publisher)
    foundation.consumers.work_queue(topology.AI_DRAFT_REPLY, drafting.routes(), prefetch=20)
    foundation.consumers.work_queue(topology.AI_ADD_DOCUMENT, subscribers.documents(), prefetch=4)
    foundation.consumers.work_queue(
        topology.AI_ERASE_PERSON, person_routes(foundation.store, foundation.publisher, "ai"), prefetch=1
    )
    service = foundation.service
    service.on_start(index)
    service.on_stop(knowledge.close)
    service.background(lambda: _keep_indexed(index, settings.index_poll_seconds))
    return foundation.start_consuming()


async def _keep_indexed(index: IndexDocuments, pause: float) -> None:
    """Follow what other replicas take in."""
    while True:
        await asyncio.sleep(pause)
        try:
            await index()
        except (TransientError, KnowledgeUnavailable) as error:
            _log.warning("index not brought up to date", error_type=type(error).__name__)
