"""The gateway's application over its ports: every route and socket with the use case behind it.

What is behind the ports is `app.py`'s to say, or a test's.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from time import monotonic

from fastapi import FastAPI
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from libs.runtime.clock import now
from libs.runtime.file_types import content_type_of
from libs.runtime.health import Health
from libs.runtime.ids import derived_id, new_id
from libs.runtime.logs import get_logger
from services.gateway.adapters.checked_tokens import CheckedTokens
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.domain.outside_identity import ClaimMapping
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.domain.refresh_tokens import keyed_digest
from services.gateway.entrypoints.http_api_keys import add_api_key_routes
from services.gateway.entrypoints.http_app import make_app
from services.gateway.entrypoints.http_audit import add_audit_routes
from services.gateway.entrypoints.http_auth import add_auth_routes
from services.gateway.entrypoints.http_bulk import add_bulk_route
from services.gateway.entrypoints.http_chatbots import add_chatbot_routes
from services.gateway.entrypoints.http_commanding import Commanding
from services.gateway.entrypoints.http_connections import add_connection_routes
from services.gateway.entrypoints.http_console import add_console_routes
from services.gateway.entrypoints.http_contacts import add_contact_routes
from services.gateway.entrypoints.http_conversations import add_conversation_routes
from services.gateway.entrypoints.http_departments import add_department_routes
from services.gateway.entrypoints.http_documents import add_document_routes, bounds_of_documents
from services.gateway.entrypoints.http_erasures import add_erasure_routes
from services.gateway.entrypoints.http_exports import add_export_route
from services.gateway.entrypoints.http_files import FileRoutes, add_file_routes, bounds_of_uploads
from services.gateway.entrypoints.http_guard import Guard
from services.gateway.entrypoints.http_improving import add_improving_routes
from services.gateway.entrypoints.http_labels import add_label_routes
from services.gateway.entrypoints.http_later import add_later_routes
from services.gateway.entrypoints.http_learning import add_learning_routes
from services.gateway.entrypoints.http_notes import add_note_routes
from services.gateway.entrypoints.http_once import Once
from services.gateway.entrypoints.http_organising import add_organising_routes
from services.gateway.entrypoints.http_people import add_people_routes
from services.gateway.entrypoints.http_presence import add_presence_routes
from services.gateway.entrypoints.http_read_marks import add_read_mark_routes
from services.gateway.entrypoints.http_settings import add_settings_routes
from services.gateway.entrypoints.http_starting import add_starting_routes
from services.gateway.entrypoints.http_statistics import add_statistics_routes
from services.gateway.entrypoints.http_suggest_response import add_suggest_response_route
from services.gateway.entrypoints.http_suggestions import add_suggestion_routes
from services.gateway.entrypoints.http_templates import add_template_routes
from services.gateway.entrypoints.http_tickets import add_ticket_routes
from services.gateway.entrypoints.http_webhooks import HotPathFirst, Webhooks
from services.gateway.entrypoints.http_widget import add_widget_routes
from services.gateway.entrypoints.http_workflow import add_workflow_routes
from services.gateway.entrypoints.request_limits import RequestLimits
from services.gateway.entrypoints.ws_agents import AgentSocket
from services.gateway.entrypoints.ws_chat import ChatSocket
from services.gateway.entrypoints.ws_handshake import Handshake
from services.gateway.entrypoints.ws_socket import Socket
from services.gateway.entrypoints.ws_widget import WidgetSocket
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.acknowledge_message import AcknowledgeShownMessage
from services.gateway.use_cases.administer_connections import AdministerConnections, ConnectionOffice
from services.gateway.use_cases.administer_people import AdministerPeople
from services.gateway.use_cases.answer_once import AnswerOnce
from services.gateway.use_cases.api_key_ports import ApiKeys
from services.gateway.use_cases.attach_files import AttachFiles
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.bulk_commands import BulkCommands
from services.gateway.use_cases.chat_in_ticket import ChatInTicket
from services.gateway.use_cases.create_api_key import CreateApiKey
from services.gateway.use_cases.documents import Documents, Knowledge, Uploads
from services.gateway.use_cases.download_file import DownloadFile
from services.gateway.use_cases.end_sessions import EndSessions
from services.gateway.use_cases.ended_tokens import EndedTokens
from services.gateway.use_cases.file_ports import Files
from services.gateway.use_cases.follow_own_thread import FollowOwnThread
from services.gateway.use_cases.follow_room import FollowRoom
from services.gateway.use_cases.follow_ticket import FollowTicket
from services.gateway.use_cases.follow_topics import FollowTopics
from services.gateway.use_cases.get_conversation import GetVisibleConversation
from services.gateway.use_cases.hub import Hub
from services.gateway.use_cases.identify_caller import IdentifyByToken
from services.gateway.use_cases.identify_outside import IdentifyOutside, OutsideTokens
from services.gateway.use_cases.improve_draft import ImproveDraftOf
from services.gateway.use_cases.keep_inline_files import KeepInlineFiles
from services.gateway.use_cases.list_api_keys import ListApiKeys
from services.gateway.use_cases.list_conversations import ListVisibleConversations
from services.gateway.use_cases.log_in import LogIn
from services.gateway.use_cases.log_out import LogOut
from services.gateway.use_cases.mark_read import MarkAsRead
from services.gateway.use_cases.notification_settings import SettingsOfPeople
from services.gateway.use_cases.open_widget_session import OpenWidgetSession
from services.gateway.use_cases.pass_typing import PassTypingOn
from services.gateway.use_cases.ports import (
    AccountFrames,
    Announce,
    Answers,
    Connections,
    ConversationCommands,
    Conversations,
    Credentials,
    Families,
    InboundMessages,
    Passwords,
    People,
    Sink,
)
from services.gateway.use_cases.presence_board import PresenceBoard, ReportPresenceOf
from services.gateway.use_cases.read_gap import ReadGap
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from services.gateway.use_cases.record_visitor_message import RecordVisitorMessage
from services.gateway.use_cases.refresh_session import RefreshSession
from services.gateway.use_cases.revoke_api_key import RevokeApiKey
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.run_query import Queries
from services.gateway.use_cases.send_and_wait import SendAndWait
from services.gateway.use_cases.session_tokens import SessionTokens
from services.gateway.use_cases.start_conversation import Channels, StartConversationAsAgent
from services.gateway.use_cases.suggest_response import SuggestResponseAndWait
from services.gateway.use_cases.take_files_out import TakeFilesOut
from services.gateway.use_cases.tell_typing import PassOn, TellTyping
from services.gateway.use_cases.upload_file import UploadFile

_MINUTE = 60.0
#: Past these a request about many conversations begins no further one.
_BULK_SECONDS = 15.0

_log = get_logger("gateway")


@dataclass(frozen=True)
class Outside:
    """Everything outside, behind its ports. Tests put others in."""

    credentials: Credentials
    families: Families
    ended_tokens: EndedTokens
    passwords: Passwords
    people: People
    connections: Connections
    inbound: InboundMessages
    commands: ConversationCommands
    conversations: Conversations
    account_frames: AccountFrames
    answers: Answers
    queries: Queries
    channels: Channels
    ended: EndedSessions
    notification_settings: SettingsOfPeople
    knowledge: Knowledge
    uploads: Uploads
    presence: ReportPresenceOf
    passing: PassOn
    api_keys: ApiKeys
    announce: Announce
    audit: Auditing
    files: Files
    office: ConnectionOffice
    #: Without one, our own tokens alone count.
    provider: OutsideTokens | None = None


@dataclass(frozen=True)
class Gateway:
    """What is served, the API in it, the hub behind its sockets, and who has one."""

    app: ASGIApp
    api: FastAPI
    hub: Hub
    presence: PresenceBoard


def _identify_outside(settings: GatewaySettings, outside: Outside) -> IdentifyOutside | None:
    if outside.provider is None:
        return None
    mapping = ClaimMapping(
        account_id=settings.oidc_account_id or None,
        account=settings.oidc_account_claim,
        person=settings.oidc_person_claim,
        email=settings.oidc_email_claim,
        name=settings.oidc_name_claim,
        role=settings.oidc_role_claim or None,
        departments=settings.oidc_departments_claim,
        roles=settings.oidc_roles,
    )
    return IdentifyOutside(
        outside.provider, mapping, outside.people, now, settings.access_lifetime, outside.ended
    )


def assemble(settings: GatewaySettings, outside: Outside, health: Health) -> Gateway:
    """The application over these ports."""
    signed = JwtTokens(settings.jwt_secret.get_secret_value(), settings.jwt_issuer)
    tokens = CheckedTokens(signed, outside.ended)
    identify = IdentifyByToken(tokens, outside.api_keys, now, _identify_outside(settings, outside))
    limits = RequestLimits(
        TokenBuckets(settings.requests_per_address, _MINUTE),
        TokenBuckets(settings.requests_per_person, _MINUTE),
        TokenBuckets(settings.requests_per_key, _MINUTE),
        monotonic,
    )
    receive = ReceiveWebhook(
        CHANNELS,
        outside.connections,
        outside.inbound,
        now=now,
        derive_id=derived_id,
        keep_files=KeepInlineFiles(outside.files, content_type_of, now=now, derive_id=derived_id),
        pass_typing=PassTypingOn(outside.queries, outside.passing, now),
    )
    webhooks = Webhooks(
        receive,
        body_bytes=settings.body_bytes,
        body_seconds=settings.body_seconds,
        now=now,
        take_files_out=TakeFilesOut(outside.files, now=now, new_id=new_id),
    )
    api = make_app(
        Guard(identify, limits, outside.audit),
        [*webhooks.routes(), *health.routes()],
        body_bytes=settings.body_bytes,
        body_seconds=settings.body_seconds,
        bounds_of=bounds_of_documents(
            settings.file_seconds, bounds_of_uploads(settings.file_bytes, settings.file_seconds)
        ),
        cors_origins=settings.cors_origins,
    )
    _add_sessions(api, settings, outside, tokens)
    gaps = ReadGap(outside.conversations, outside.account_frames)
    hub = Hub(gaps, report=_log.warning, pause=asyncio.sleep)
    _add_conversations(api, outside, hub)
    add_suggest_response_route(
        api,
        _commanding(outside),
        SuggestResponseAndWait(RunCommand(outside.commands), outside.queries, derived_id),
    )
    _add_api_keys(api, settings, outside)
    add_audit_routes(api, outside.queries)
    add_ticket_routes(api, outside.queries, _commanding(outside))
    _add_widget_sessions(api, settings, outside, tokens)
    _add_files(api, settings, outside, tokens)
    add_connection_routes(api, _commanding(outside), AdministerConnections(outside.office, outside.queries))
    handshake = Handshake(identify, limits, outside.ended, now)
    presence = PresenceBoard(outside.presence, _log.warning)
    _add_sockets(api, settings, outside, tokens, limits, handshake, presence, FollowRoom(hub, gaps))
    return Gateway(HotPathFirst(webhooks, api), api, hub, presence)


def _add_sessions(app: FastAPI, settings: GatewaySettings, outside: Outside, tokens: CheckedTokens) -> None:
    session_tokens = SessionTokens(tokens, settings.access_lifetime)
    log_in = LogIn(
        credentials=outside.credentials,
        passwords=outside.passwords,
        people=outside.people,
        families=outside.families,
        tokens=session_tokens,
        audit=outside.audit,
        by_address=TokenBuckets(settings.logins_per_address, _MINUTE),
        by_email=TokenBuckets(settings.logins_per_email, _MINUTE),
        refresh_lifetime=settings.refresh_lifetime,
        now=now,
        new_id=new_id,
        clock=monotonic,
    )
    refresh = RefreshSession(
        families=outside.families,
        people=outside.people,
        tokens=session_tokens,
        pepper=settings.jwt_secret.get_secret_value().encode(),
        refresh_lifetime=settings.refresh_lifetime,
        now=now,
    )
    end = EndSessions(outside.ended, outside.announce)
    log_out = LogOut(outside.families, outside.ended_tokens, outside.ended, end, outside.audit)
    add_auth_routes(app, log_in, refresh, log_out, _commanding(outside))


def _once(outside: Outside) -> Once:
    return Once(AnswerOnce(outside.answers), derive_id=derived_id, new_id=new_id)


def _commanding(outside: Outside) -> Commanding:
    return Commanding(_once(outside), RunCommand(outside.commands))


def _add_conversations(app: FastAPI, outside: Outside, hub: Hub) -> None:
    add_console_routes(app, _commanding(outside))
    add_statistics_routes(app, outside.queries)  # before a conversation's own path, which would take it
    add_conversation_routes(
        app,
        ListVisibleConversations(outside.conversations),
        GetVisibleConversation(outside.conversations),
    )
    add_workflow_routes(app, _commanding(outside))
    add_organising_routes(app, _commanding(outside))
    bulk = BulkCommands(
        RunCommand(outside.commands), derive_id=derived_id, clock=monotonic, seconds=_BULK_SECONDS
    )
    add_bulk_route(app, _commanding(outside), bulk)
    add_label_routes(app, outside.queries, _commanding(outside))
    add_note_routes(app, outside.queries, _commanding(outside))
    add_later_routes(app, outside.queries, _commanding(outside))
    add_template_routes(app, outside.queries, _commanding(outside))
    send = SendAndWait(RunCommand(outside.commands), outside.queries, hub)
    add_suggestion_routes(app, _commanding(outside), outside.queries, send, AttachFiles(outside.files))
    improve = ImproveDraftOf(outside.conversations, outside.queries, outside.knowledge)
    add_improving_routes(app, improve, _commanding(outside))
    add_settings_routes(app, outside.notification_settings, _commanding(outside))
    add_contact_routes(app, outside.queries, _commanding(outside))
    add_export_route(app, outside.queries)
    add_erasure_routes(app, outside.queries, _commanding(outside))
    people = AdministerPeople(
        RunCommand(outside.commands),
        outside.queries,
        outside.credentials,
        outside.families,
        outside.passwords,
        now,
        outside.audit,
    )
    add_people_routes(app, outside.queries, _commanding(outside), people)
    add_chatbot_routes(app, outside.queries, _commanding(outside))
    add_presence_routes(app, outside.queries)
    add_read_mark_routes(app, _commanding(outside))
    add_department_routes(app, outside.queries, _commanding(outside))
    documents = Documents(outside.uploads, outside.knowledge, outside.queries, now=now, new_id=new_id)
    add_document_routes(app, documents, _commanding(outside))
    add_learning_routes(app, documents, _commanding(outside))
    start = StartConversationAsAgent(outside.channels, outside.commands)
    add_starting_routes(app, start, _commanding(outside))


def _add_api_keys(app: FastAPI, settings: GatewaySettings, outside: Outside) -> None:
    keys, pepper = outside.api_keys, settings.secret_key.get_secret_value()
    add_api_key_routes(
        app,
        # The same for the same id, so that a repeated request is answered with the token that counts.
        CreateApiKey(keys, now, lambda key_id: keyed_digest(pepper, "api-key", key_id), outside.audit),
        ListApiKeys(keys),
        RevokeApiKey(keys, EndSessions(outside.ended, outside.announce), now, outside.audit),
        _commanding(outside),
    )


def _add_widget_sessions(
    app: FastAPI, settings: GatewaySettings, outside: Outside, tokens: CheckedTokens
) -> None:
    open_session = OpenWidgetSession(
        outside.connections,
        tokens,
        lifetime=settings.widget_lifetime,
        resumable=settings.widget_resumable,
        now=now,
        derive_id=derived_id,
    )
    by_address = TokenBuckets(settings.widget_sessions_per_address, _MINUTE)
    add_widget_routes(app, open_session, _once(outside), by_address, monotonic)


def _add_files(app: FastAPI, settings: GatewaySettings, outside: Outside, tokens: CheckedTokens) -> None:
    upload = UploadFile(
        outside.files,
        outside.conversations,
        content_type_of,
        now=now,
        most_bytes=settings.file_bytes,
        lifetime=settings.file_lifetime,
    )
    routes = FileRoutes(
        upload=upload,
        download=DownloadFile(outside.files, outside.queries),
        files=outside.files,
        once=_once(outside),
        tokens=tokens,
        limit=TokenBuckets(settings.uploads_per_caller, _MINUTE),
        clock=monotonic,
    )
    add_file_routes(app, routes)


def _add_sockets(
    app: FastAPI,
    settings: GatewaySettings,
    outside: Outside,
    tokens: CheckedTokens,
    limits: RequestLimits,
    handshake: Handshake,
    presence: PresenceBoard,
    follow: FollowRoom,
) -> None:
    def topics_of(caller: PersonCaller, sink: Sink) -> FollowTopics:
        return FollowTopics(follow, outside.conversations, caller, sink)

    def thread_of(visitor: VisitorCaller, sink: Sink) -> FollowOwnThread:
        return FollowOwnThread(follow, outside.conversations, visitor, sink)

    make_socket = partial(
        Socket,
        most_queued=settings.socket_queue,
        send_seconds=settings.socket_send_seconds,
        frames_per_second=settings.socket_frames_per_second,
    )
    typing = TellTyping(outside.conversations, outside.passing, now, monotonic)
    mark = MarkAsRead(outside.commands, outside.inbound, new_id)
    agents = AgentSocket(handshake, topics_of, make_socket, presence, typing, mark)
    widget = WidgetSocket(
        tokens,
        limits,
        thread_of,
        RecordVisitorMessage(outside.inbound, AttachFiles(outside.files), now=now, derive_id=derived_id),
        AcknowledgeShownMessage(outside.inbound, derived_id),
        make_socket,
        now,
        typing,
        mark,
    )

    def ticket_of(caller: PersonCaller, ticket_id: str, sink: Sink) -> FollowTicket:
        return FollowTicket(follow, outside.conversations, caller, ticket_id, sink)

    chat = ChatSocket(
        handshake,
        ticket_of,
        ChatInTicket(outside.commands, AttachFiles(outside.files), derive_id=derived_id, new_id=new_id),
        make_socket,
        typing,
        mark,
    )

    async def chat_socket(websocket: WebSocket) -> None:
        await chat(websocket)

    async def agent_socket(websocket: WebSocket) -> None:
        await agents(websocket)

    async def widget_socket(websocket: WebSocket) -> None:
        await widget(websocket)

    app.router.add_websocket_route("/ws", agent_socket, name="agentSocket")
    app.router.add_websocket_route("/ws/chat/{ticket_id}", chat_socket, name="chatSocket")
    app.router.add_websocket_route("/ws/widget", widget_socket, name="widgetSocket")
