"""The gateway's composition root: the only file that sees everything."""

from time import monotonic

import httpx

from libs.contracts import topology
from libs.runtime.blob_store import open_blobs
from libs.runtime.clock import now
from libs.runtime.erasing import person_routes
from libs.runtime.foundation import Foundation
from libs.runtime.logs import get_logger
from libs.runtime.realtime import RealtimeQueue
from libs.runtime.service import Service
from services.gateway.adapters import (
    mongo_answers,
    mongo_api_keys,
    mongo_credentials,
    mongo_ended_tokens,
    mongo_families,
)
from services.gateway.adapters.ai_knowledge import AiKnowledge, DocumentUploads
from services.gateway.adapters.argon2_passwords import Argon2Passwords
from services.gateway.adapters.broker_audit import BrokerAudit
from services.gateway.adapters.broker_inbound import BrokerInbound
from services.gateway.adapters.broker_passing_frames import BrokerPassingFrames
from services.gateway.adapters.broker_presence import BrokerPresence
from services.gateway.adapters.broker_session_ends import BrokerSessionEnds, read_session_ends
from services.gateway.adapters.conversation_service import ConversationPeople, ConversationService
from services.gateway.adapters.delivery_channels import DeliveryChannels
from services.gateway.adapters.delivery_connections import DeliveryConnections
from services.gateway.adapters.delivery_office import DeliveryOffice
from services.gateway.adapters.expired_files import ExpiredFiles
from services.gateway.adapters.jwks_tokens import JwksKeys, JwksTokens
from services.gateway.adapters.mongo_answers import MongoAnswers
from services.gateway.adapters.mongo_api_keys import MongoApiKeys
from services.gateway.adapters.mongo_credentials import MongoCredentials
from services.gateway.adapters.mongo_ended_tokens import MongoEndedTokens
from services.gateway.adapters.mongo_families import MongoFamilies
from services.gateway.adapters.notify_service import NotifyFrames
from services.gateway.adapters.notify_settings import NotifySettings
from services.gateway.assembly import Outside, assemble
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.entrypoints.server_protocols import bounded_http, bounded_websocket
from services.gateway.entrypoints.subscribers import (
    CONNECTION_CHANGES,
    credential_routes,
    forget_files,
    realtime_reader,
    removal_routes,
)
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.announced_families import AnnouncedFamilies
from services.gateway.use_cases.end_sessions import EndSessions
from services.gateway.use_cases.follow_session_ends import FollowSessionEnds
from services.gateway.use_cases.remove_credentials import RemoveCredentialsOfPerson
from services.gateway.use_cases.set_credentials import SetCredentialsOfPerson

NAME = "gateway"
_log = get_logger(NAME)


async def build(settings: GatewaySettings) -> Service:
    """The service, ready to run."""
    foundation = Foundation(
        NAME,
        settings,
        indexes={
            **mongo_credentials.INDEXES,
            **mongo_families.INDEXES,
            **mongo_ended_tokens.INDEXES,
            **mongo_answers.INDEXES,
            **mongo_api_keys.INDEXES,
        },
        relays=False,
    )
    store, rpc = foundation.store, foundation.rpc
    box = settings.box()
    connections, passwords = DeliveryConnections(rpc, box), Argon2Passwords()
    conversation = ConversationService(rpc, command_limit=settings.command_seconds)
    answers = MongoAnswers(store, box)
    ended = EndedSessions(settings.access_lifetime, now)
    announce = BrokerSessionEnds(foundation.publisher)
    audit = BrokerAudit(foundation.publisher)
    jwks = _jwks(settings)
    provider = None if jwks is None else _provider(settings, jwks)
    blobs = open_blobs(settings, store.beside(settings.database("blobs")))
    outside = Outside(
        credentials=MongoCredentials(store),
        families=AnnouncedFamilies(MongoFamilies(store), EndSessions(ended, announce)),
        ended_tokens=MongoEndedTokens(store),
        passwords=passwords,
        people=ConversationPeople(rpc),
        connections=connections,
        inbound=BrokerInbound(foundation.publisher),
        commands=conversation,
        conversations=conversation,
        account_frames=NotifyFrames(rpc),
        answers=answers,
        queries=conversation,
        channels=DeliveryChannels(rpc),
        ended=ended,
        notification_settings=NotifySettings(rpc),
        knowledge=AiKnowledge(rpc),
        uploads=DocumentUploads(blobs),
        presence=BrokerPresence(foundation.publisher),
        passing=BrokerPassingFrames(foundation.publisher),
        api_keys=MongoApiKeys(store),
        announce=announce,
        audit=audit,
        provider=provider,
        files=blobs,
        office=DeliveryOffice(rpc, box),
    )
    service = foundation.service
    gateway = assemble(settings, outside, service.health)
    set_credentials = SetCredentialsOfPerson(outside.credentials, outside.families)
    foundation.consumers.work_queue(topology.GATEWAY_SET_CREDENTIALS, credential_routes(set_credentials))
    remove_credentials = RemoveCredentialsOfPerson(outside.credentials, outside.families)
    foundation.consumers.work_queue(topology.GATEWAY_REMOVE_CREDENTIALS, removal_routes(remove_credentials))

    foundation.consumers.work_queue(
        topology.GATEWAY_ERASE_PERSON,
        person_routes(store, foundation.publisher, NAME, answers.forget, forget_files(blobs)),
        prefetch=1,
    )

    session_ends = FollowSessionEnds(
        [outside.families, outside.ended_tokens, outside.api_keys], ended, _log.warning
    )

    def on_gap() -> None:
        connections.drop_all()
        gateway.hub.check_all()
        session_ends.missed()

    realtime = RealtimeQueue(
        settings.rabbitmq_url,
        settings.instance,
        realtime_reader(gateway.hub, connections.drop, lambda body: ended.end(read_session_ends(body))),
        on_gap=on_gap,
        extra=[CONNECTION_CHANGES],
    )
    service.background(realtime.run)
    service.on_start(blobs.prepare)
    service.on_stop(blobs.close)
    service.background(ExpiredFiles(blobs, now).run)
    service.on_start(session_ends.catch_up)
    service.background(session_ends.run)
    service.on_stop(realtime.stop)
    service.background(gateway.presence.run)
    service.on_stop(gateway.presence.close)
    service.on_drain(audit.drain)
    service.on_stop(gateway.hub.close)
    if jwks is not None:
        service.on_stop(jwks.close)
    service.on_stop(passwords.close)
    service.serve(
        gateway.app,
        http=bounded_http(settings.head_seconds),
        ws=bounded_websocket(settings.head_seconds),
        ws_max_size=settings.frame_bytes,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,  # its windows would cost each idle socket tens of KiB
    )
    return foundation.start_consuming()


def _jwks(settings: GatewaySettings) -> JwksKeys | None:
    if not settings.oidc_issuer:
        return None
    client = httpx.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=False)
    return JwksKeys(settings.oidc_jwks_url, client, monotonic, between=settings.oidc_keys_seconds)


def _provider(settings: GatewaySettings, keys: JwksKeys) -> JwksTokens:
    return JwksTokens(
        keys,
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        algorithms=settings.oidc_algorithms,
    )
