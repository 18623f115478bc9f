"""Delivery's composition root: the only file that sees everything."""

from time import monotonic

from libs.contracts.erasure import ConversationErased
from libs.contracts.vocabulary import Channel
from libs.runtime.blob_store import open_blobs
from libs.runtime.clock import now
from libs.runtime.erasing import EraseConversation
from libs.runtime.file_types import content_type_of
from libs.runtime.foundation import Foundation
from libs.runtime.http_client import http_client
from libs.runtime.ids import derived_id, new_id
from libs.runtime.logs import get_logger
from libs.runtime.service import Service
from services.delivery.adapters import mongo_connections, mongo_ledger, mongo_mail_threads, mongo_media
from services.delivery.adapters.channel_registrar import ChannelRegistrar
from services.delivery.adapters.chatwoot_api import ChatwootApi
from services.delivery.adapters.chatwoot_channel import ChatwootChannel
from services.delivery.adapters.connection_watch import ConnectionWatch
from services.delivery.adapters.email_channel import EmailChannel
from services.delivery.adapters.files import Files
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.media_download import MediaDownloader
from services.delivery.adapters.media_sources import LinkedMedia, TelegramMedia, WhatsAppMedia
from services.delivery.adapters.media_worker import AT_ONCE, MediaWorker
from services.delivery.adapters.mongo_connections import MongoConnections
from services.delivery.adapters.mongo_ledger import MongoLedger
from services.delivery.adapters.mongo_mail_threads import MongoMailThreads
from services.delivery.adapters.mongo_media import MongoMedia
from services.delivery.adapters.prometheus_tally import PrometheusTally
from services.delivery.adapters.remembered_connections import RememberedConnections
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.adapters.telegram_registrar import TelegramRegistrar
from services.delivery.adapters.whatsapp_channel import WhatsAppChannel
from services.delivery.domain.pacing import Gates
from services.delivery.entrypoints.connection_subscribers import subscribe_connections
from services.delivery.entrypoints.subscribers import subscribe
from services.delivery.settings import DeliverySettings
from services.delivery.use_cases.change_connection import ChangeConnection
from services.delivery.use_cases.check_connection import CheckConnection
from services.delivery.use_cases.connect_channel import ConnectChannel
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.disconnect_channel import DisconnectChannel
from services.delivery.use_cases.disconnect_chatbot import DisconnectChatbot
from services.delivery.use_cases.dispatch_replies import DispatchReplies
from services.delivery.use_cases.fetch_media import FetchMedia, MediaDesk
from services.delivery.use_cases.find_connection import FindConnection
from services.delivery.use_cases.follow_mail import FollowMail
from services.delivery.use_cases.get_connection import GetConnection
from services.delivery.use_cases.ports import Channel as ChannelPort
from services.delivery.use_cases.read_connections import ReadConnections
from services.delivery.use_cases.send_reply import SendReply
from services.delivery.use_cases.take_reply import TakeReply

INDEXES = {
    **mongo_ledger.INDEXES,
    **mongo_connections.INDEXES,
    **mongo_mail_threads.INDEXES,
    **mongo_media.INDEXES,
}


async def build(settings: DeliverySettings) -> Service:
    """The service, ready to run."""
    foundation = Foundation("delivery", settings, indexes=INDEXES)
    store, outbox, membership = foundation.store, foundation.outbox, foundation.membership
    log, tally = get_logger("delivery"), PrometheusTally()
    box = settings.box()
    client = http_client(
        timeout=settings.request_seconds, connections=settings.most_sending, rules=settings.address_rules
    )
    blobs = open_blobs(settings, store.beside(settings.database("blobs")))
    files = Files(blobs)
    caller = HttpCaller(client, limit=settings.request_seconds)
    telegram = TelegramApi(caller)
    channels: dict[Channel, ChannelPort] = {
        Channel.CHATWOOT: ChatwootChannel(ChatwootApi(caller), files, tally.flow),
        Channel.EMAIL: EmailChannel(
            caller, files, default_base=settings.postmark_base_url, default_mailbox=settings.from_email
        ),
        Channel.TELEGRAM: TelegramChannel(telegram, files, default_base=settings.telegram_base_url),
        Channel.WHATSAPP: WhatsAppChannel(caller, files, now, default_base=settings.whatsapp_base_url),
    }
    stored_connections = MongoConnections(store, outbox, box)
    connections = RememberedConnections(
        stored_connections, seconds=settings.connection_memory_seconds, clock=monotonic
    )
    ledger, threads = MongoLedger(store, outbox), MongoMailThreads(store)
    send = SendReply(
        ledger=ledger,
        connections=connections,
        channels=channels,
        log=log,
        tally=tally,
        now=now,
        clock=monotonic,
        new_id=new_id,
    )
    dispatcher = DispatchReplies(
        ledger=ledger,
        connections=connections,
        gates=Gates(settings.connection_width),
        send=send,
        log=log,
        tally=tally,
        now=now,
        clock=monotonic,
        new_id=new_id,
        replicas=lambda: len(membership.members),
        most=settings.most_sending,
    )

    downloader = MediaDownloader(client, seconds=settings.media_seconds)
    media = MongoMedia(store, outbox)
    fetch = FetchMedia(
        MediaDesk(
            jobs=media,
            connections=connections,
            sources={
                Channel.CHATWOOT: LinkedMedia(downloader),
                Channel.TELEGRAM: TelegramMedia(
                    telegram, downloader, default_base=settings.telegram_base_url
                ),
                Channel.WHATSAPP: WhatsAppMedia(caller, downloader, default_base=settings.whatsapp_base_url),
            },
            blobs=blobs,
            sniff=content_type_of,
            log=log,
            now=now,
            new_id=new_id,
            derive_id=derived_id,
            most_bytes=settings.media_bytes,
        )
    )

    async def erase_replies(event: ConversationErased) -> None:
        await ledger.erase(event.conversation.id)
        await threads.erase(event.conversation.id)
        await media.erase(event.conversation.account_id, event.conversation.id)

    office = Office(
        connections=connections,
        lists=stored_connections,
        channels=channels,
        registrars={
            **{kind: ChannelRegistrar(channel) for kind, channel in channels.items()},
            Channel.TELEGRAM: TelegramRegistrar(telegram, default_base=settings.telegram_base_url),
        },
        seals=box,
        log=log,
        now=now,
        public_url=settings.public_url,
    )
    check, disconnect = CheckConnection(office, new_id), DisconnectChannel(office, new_id)
    queries = subscribe(
        foundation.consumers,
        take_reply=TakeReply(
            ledger=ledger,
            dispatcher=dispatcher,
            follow_mail=FollowMail(threads, now),
            served=frozenset(channels),
            boot=new_id(),
            now=now,
        ),
        fetch_media=fetch,
        get_connection=GetConnection(connections, box),
        find_connection=FindConnection(connections),
        erase=EraseConversation(erase_replies, store, foundation.publisher, "delivery"),
    )
    subscribe_connections(
        foundation.consumers,
        queries,
        connect=ConnectChannel(office, new_id),
        change=ChangeConnection(office, new_id),
        check=check,
        disconnect=disconnect,
        disconnect_chatbot=DisconnectChatbot(stored_connections, disconnect),
        read=ReadConnections(office),
    )
    service = foundation.service
    if settings.check_seconds:
        watch = ConnectionWatch(check, stored_connections, every=settings.check_seconds)
        service.background(watch.run)
    service.background(dispatcher.run, *(MediaWorker(fetch).run for _ in range(AT_ONCE)))
    service.on_start(blobs.prepare)
    service.on_drain(dispatcher.drain)
    service.on_drain(foundation.relay.publish_batch)  # what the drain has just recorded
    service.on_stop(client.aclose)
    service.on_stop(blobs.close)
    return foundation.start_consuming()
