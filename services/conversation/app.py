"""Puts the conversation service together; the only file that sees all of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from libs.contracts import topology
from libs.contracts.base import Message
from libs.contracts.conversation import (
    AcknowledgeMessage,
    ChangeStatus,
    EventsAfter,
    ExpireAnswer,
    FindConversation,
    GetConversation,
    GetPerson,
    HandOffConversation,
    ListConversations,
    PostBotReply,
    PostReply,
    RecordInboundMessage,
    RegisterAccount,
    RegisterChatbot,
    RegisterPerson,
    SkipAnswer,
)
from libs.contracts.delivery import ReplyFailed, ReplySent, ReplyUnknown
from libs.contracts.envelope import Envelope
from libs.runtime import deduplication, lease, membership, outbox
from libs.runtime.consuming import Consumers
from libs.runtime.ids import new_id
from libs.runtime.mongo import Session, Store
from libs.runtime.publisher import Publisher
from libs.runtime.service import Service
from libs.runtime.topology import declare_topology
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.adapters.mongo_conversations import MongoConversations
from services.conversation.adapters.mongo_indexes import INDEXES
from services.conversation.adapters.mongo_part import Records
from services.conversation.adapters.mongo_timers import MongoTimers
from services.conversation.adapters.mongo_transaction import MongoTransaction
from services.conversation.entrypoints.queries import QueryCase, query_routes
from services.conversation.entrypoints.subscribers import PartitionRoutes, UseCase, lock_key
from services.conversation.settings import ConversationSettings
from services.conversation.use_cases.acknowledge_message import acknowledge_message
from services.conversation.use_cases.change_status import change_status
from services.conversation.use_cases.events_after import GetEventsAfter
from services.conversation.use_cases.expire_answer import ExpireUnanswered
from services.conversation.use_cases.find_conversation import FindForListener
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.get_person import GetPersonOfAccount
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.list_conversations import ListForPerson
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.record_inbound_message import RecordInbound
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.skip_answer import skip_answer

NAME = "conversation"
ALL_INDEXES = {
    **INDEXES,
    **outbox.INDEXES,
    **deduplication.INDEXES,
    **lease.INDEXES,
    **membership.INDEXES,
}


async def build(settings: ConversationSettings) -> Service:
    """The service, ready to run."""
    service = Service(NAME, settings)
    store = Store(settings.mongodb_url, settings.database(NAME))
    publisher = Publisher(settings.rabbitmq_url, NAME)
    members = membership.Membership(store, settings.instance)
    consumers = Consumers(settings.rabbitmq_url, publisher, NAME, members)
    events = outbox.Outbox(store)
    _subscribe(consumers, store, events, settings)

    service.on_start(partial(declare_topology, settings.rabbitmq_url))
    service.on_start(partial(store.ensure_indexes, ALL_INDEXES))
    service.on_start(members.renew)
    service.on_start(consumers.start)
    service.background(
        members.run,
        outbox.OutboxRelay(store, events, publisher, settings.instance, members).run,
        MongoTimers(store, publisher, settings.timer_poll_seconds).run,
        *consumers.background(),
    )
    service.on_drain(partial(consumers.drain, settings.grace_seconds))
    service.on_drain(members.leave)
    service.on_stop(partial(_close, store))
    service.on_stop(publisher.close)
    service.on_stop(consumers.stop)
    service.health.add_check("store", store.ping)
    service.health.add_check("broker", partial(_confirmed, publisher))
    service.health.add_check("consumers", consumers.ping)
    return service


def _subscribe(
    consumers: Consumers, store: Store, events: outbox.Outbox, settings: ConversationSettings
) -> None:
    records, chatbots = Records(store), ChatbotCache(settings.chatbot_cache_seconds)

    def open_transaction(session: Session, cause: Envelope, now: datetime) -> MongoTransaction:
        return MongoTransaction(records, events, chatbots, session, cause, now)

    inbound = RecordInbound(new_id, timedelta(seconds=settings.answer_seconds))
    routes = PartitionRoutes(deduplication.Deduplication(store, NAME), events, open_transaction)
    consumers.partitions(
        [topology.conversation_partition_queue(name) for name in topology.partition_names("p")],
        routes.of(commands(inbound, settings), again={RecordInboundMessage: inbound.again}),
        prefetch=settings.partition_prefetch,
        lock_key=lock_key,
    )
    conversations = MongoConversations(store, events, count_seconds=settings.count_cache_seconds)
    consumers.queries(NAME, query_routes(queries(conversations)), prefetch=settings.query_prefetch)


def commands(inbound: RecordInbound, settings: ConversationSettings) -> Mapping[type[Message], UseCase]:
    """What arrives in the partitions, each with what takes it."""
    return {
        RecordInboundMessage: inbound,
        PostReply: PostReplyToContact(new_id),
        PostBotReply: PostAnswer(new_id),
        SkipAnswer: skip_answer,
        HandOffConversation: HandOff(new_id),
        ChangeStatus: change_status,
        AcknowledgeMessage: acknowledge_message,
        ExpireAnswer: ExpireUnanswered(new_id, settings.unavailable_notice),
        RegisterAccount: register_account,
        RegisterPerson: register_person,
        RegisterChatbot: register_chatbot,
        ReplySent: record_delivery,
        ReplyFailed: record_delivery,
        ReplyUnknown: record_delivery,
    }


def queries(conversations: MongoConversations) -> Mapping[type[Message], QueryCase]:
    """What can be asked, each with what answers it."""
    return {
        ListConversations: ListForPerson(conversations),
        GetConversation: GetThread(conversations),
        FindConversation: FindForListener(conversations),
        GetPerson: GetPersonOfAccount(conversations),
        EventsAfter: GetEventsAfter(conversations),
    }


async def _confirmed(publisher: Publisher) -> None:
    """A publish with its confirm: what a frozen broker does not give. No queue takes it."""
    await publisher.publish_raw(
        b"",
        exchange="",
        routing_key="parley.readiness",
        message_id=new_id(),
        message_type="readiness",
        mandatory=False,
        time_limit=2.0,
    )


async def _close(store: Store) -> None:
    store.close()
