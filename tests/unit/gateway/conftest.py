"""The gateway's application over fakes: called in process, and served on a port for WebSockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs

from libs.contracts.conversation import Person
from libs.runtime.clock import now
from libs.runtime.health import Health
from services.gateway.adapters.ai_knowledge import DocumentUploads
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.assembly import Gateway, Outside, assemble
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.entrypoints.server_protocols import bounded_http, bounded_websocket
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.identify_outside import OutsideTokens
from services.gateway.use_cases.ports import Credential
from tests.patience import PATIENCE
from tests.unit.gateway import quick_routes
from tests.unit.gateway.fake_api_keys import Announcements, InMemoryApiKeys
from tests.unit.gateway.fake_audit import RecordedAudit
from tests.unit.gateway.fake_ended_tokens import InMemoryEndedTokens
from tests.unit.gateway.fake_knowledge import KnownDocuments
from tests.unit.gateway.fake_office import ScriptedOffice
from tests.unit.gateway.fakes import (
    ChosenSettings,
    Clock,
    ConversationBook,
    Directory,
    HeardPresence,
    InMemoryAnswers,
    InMemoryCredentials,
    InMemoryFamilies,
    KeptFrames,
    KnownChannels,
    KnownConnections,
    PassedFrames,
    PlainPasswords,
    RecordingInbound,
    ScriptedCommands,
    ScriptedQueries,
)
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN, REQUESTER, TELEGRAM, WHEN, WIDGET
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

JWT_SECRET = "j" * 32


def settings(**changes: Any) -> GatewaySettings:
    known = {"secret_key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "jwt_secret": JWT_SECRET}
    return GatewaySettings(**known | changes)


class RealClock(Clock):
    """The time that tokens are checked against."""

    def now(self) -> Any:
        return now()


@dataclass
class Site:
    """The application with everything behind it in memory."""

    gateway: Gateway
    client: httpx.AsyncClient
    credentials: InMemoryCredentials
    families: InMemoryFamilies
    ended_tokens: InMemoryEndedTokens
    passwords: PlainPasswords
    people: Directory
    connections: KnownConnections
    inbound: RecordingInbound
    commands: ScriptedCommands
    book: ConversationBook
    frames: KeptFrames
    answers: InMemoryAnswers
    queries: ScriptedQueries
    channels: KnownChannels
    notification_settings: ChosenSettings
    presence: HeardPresence
    passing: PassedFrames
    api_keys: InMemoryApiKeys
    announce: Announcements
    audit: RecordedAudit
    files: InMemoryBlobs
    ended: EndedSessions
    knowledge: KnownDocuments
    office: ScriptedOffice

    def token(self, person: Person = ANA, *, minutes: float = 15) -> str:
        caller = PersonCaller(person, now() + timedelta(minutes=minutes))
        return JwtTokens(JWT_SECRET, "parley").for_person(caller, issued_at=now())

    def visitor_token(self, visitor_id: str = "v1", *, minutes: float = 15) -> str:
        caller = VisitorCaller(
            ACCOUNT, "bot-1", "conn-web", visitor_id, "Mira", now() + timedelta(minutes=minutes)
        )
        return JwtTokens(JWT_SECRET, "parley").for_visitor(caller, issued_at=now())

    def bearer(self, person: Person = ANA, **headers: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(person)}", **headers}


def make_site(*, provider: OutsideTokens | None = None, **changes: Any) -> Site:
    parts: dict[str, Any] = {
        "credentials": InMemoryCredentials(),
        "families": InMemoryFamilies(RealClock()),
        "ended_tokens": InMemoryEndedTokens(),
        "passwords": PlainPasswords(),
        "people": Directory(ANA, BEN, REQUESTER),
        "connections": KnownConnections(TELEGRAM, WIDGET),
        "inbound": RecordingInbound(),
        "commands": ScriptedCommands(),
        "book": ConversationBook(),
        "frames": KeptFrames(),
        "answers": InMemoryAnswers(),
        "queries": ScriptedQueries(),
        "channels": KnownChannels(TELEGRAM, WIDGET),
        "notification_settings": ChosenSettings(),
        "presence": HeardPresence(),
        "passing": PassedFrames(),
        "api_keys": InMemoryApiKeys(),
        "announce": Announcements(),
        "audit": RecordedAudit(),
        "files": InMemoryBlobs(),
        "ended": EndedSessions(timedelta(minutes=15), now),
        "knowledge": KnownDocuments(),
        "office": ScriptedOffice(),
    }
    parts["credentials"].rows[ANA.id] = Credential(ANA.id, ACCOUNT, ANA.email, "hash:right", WHEN)
    outside = Outside(
        provider=provider,
        **{key: value for key, value in parts.items() if key not in {"book", "frames"}},
        uploads=DocumentUploads(parts["files"]),
        conversations=parts["book"],
        account_frames=parts["frames"],
    )
    gateway = assemble(settings(**changes), outside, Health())
    transport = httpx.ASGITransport(gateway.app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://gateway")
    return Site(gateway=gateway, client=client, **parts)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = make_site()
    yield made
    await made.client.aclose()
    await made.gateway.hub.close()


@dataclass
class Served:
    """A site on a port of its own."""

    site: Site
    port: int

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()  # signals stay pytest's


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async for made in serve(make_site(socket_queue=8, socket_send_seconds=0.5)):
        yield made


async def serve(site: Site, head_seconds: float = 0.3) -> AsyncIterator[Served]:
    config = uvicorn.Config(
        site.gateway.app,
        port=0,
        lifespan="off",
        log_config=None,
        access_log=False,
        http=bounded_http(head_seconds),
        ws=bounded_websocket(head_seconds),
        ws_max_size=65_536,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(5 * PATIENCE):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(site, port)
    server.should_exit = True
    await running
    await site.client.aclose()
    await site.gateway.hub.close()


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quick_routes.use(patch)
        yield


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged. Nothing is printed: unconfigured, structlog would draw every local variable."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the test, not from the machine."""
    for name in ("GATEWAY_JWT_SECRET", "PARLEY_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
