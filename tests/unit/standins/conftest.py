"""One stand-in for the whole folder, a bot of its own for each test, and a webhook that answers as told."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from libs.standins.client import StandinClient
from libs.standins.server import serving
from libs.standins.telegram import TelegramBot, TelegramStandin
from libs.standins.wire import Answer, pause, read_body, reset, send_answer
from tests.patience import PATIENCE
from tests.unit.standins.hooks import Hook, Hooks

_BOT_IDS = itertools.count(700_001)

ANN = 550_011
OLA = 550_012


def token_of(bot_id: int) -> str:
    return f"{bot_id}:stand-in_token_of_a_test_bot"


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what has no event of its own to wait on."""
    async with asyncio.timeout(seconds * PATIENCE):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)


@dataclass
class Received:
    """A webhook post as its receiver saw it."""

    update: dict[str, Any]
    headers: dict[str, str]
    path: str


@dataclass
class Receiver:
    """A webhook endpoint. Without a script it acks everything at once; ``gate`` holds its answers back."""

    url: str = ""
    posts: list[Received] = field(default_factory=list)
    script: list[Answer | str] = field(default_factory=list)
    always: Answer | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, 1_000_000)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        async with self._changed:
            self.posts.append(Received(json.loads(body), headers, scope["path"]))
            self._changed.notify_all()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        answer = self.script.pop(0) if self.script else self.always or Answer(200, b"{}")
        if answer == "reset":
            await reset(scope, receive)
        elif answer == "hang":
            await pause(receive, 5, asyncio.Event())
        elif isinstance(answer, Answer):
            await send_answer(send, answer)

    async def wait_for(self, count: int, seconds: float = 5.0) -> list[Received]:
        async with asyncio.timeout(seconds * PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.posts) >= count)
        return self.posts

    def update_ids(self) -> list[int]:
        return [post.update["update_id"] for post in self.posts]


@pytest.fixture(scope="session")
async def telegram() -> AsyncIterator[TelegramStandin]:
    async with TelegramStandin.running() as standin:
        yield standin


@pytest.fixture
async def bot(telegram: TelegramStandin) -> AsyncIterator[TelegramBot]:
    registered = telegram.add_bot(token_of(next(_BOT_IDS)), username="shop_helper_bot")
    registered.state.add_chat({"id": ANN, "first_name": "Ann"})
    yield registered
    await telegram.remove_bot(registered.id)


@pytest.fixture(scope="session")
async def hooks() -> AsyncIterator[Hooks]:
    async with Hooks.open() as server:
        yield server


@pytest.fixture
def hook(hooks: Hooks) -> Hook:
    """The webhook of a test of WhatsApp, Postmark or Chatwoot."""
    return hooks.new()


@dataclass
class Receivers:
    """One server for the webhooks of all tests; a receiver is named by the first part of the path."""

    url: str = ""
    by_name: dict[str, Receiver] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self.by_name.get(scope["path"].split("/")[1])
        if endpoint is None:
            await send_answer(send, Answer(404, b"{}"))  # a test that is over
        else:
            await endpoint(scope, receive, send)


@pytest.fixture(scope="session")
async def receivers() -> AsyncIterator[Receivers]:
    app = Receivers()
    async with serving(app) as app.url:
        yield app


@pytest.fixture
def receiver(receivers: Receivers, bot: TelegramBot) -> Iterator[Receiver]:
    endpoint = Receiver(f"{receivers.url}/{bot.id}/webhooks/telegram")
    receivers.by_name[str(bot.id)] = endpoint
    yield endpoint
    del receivers.by_name[str(bot.id)]
    endpoint.gate.set()


@pytest.fixture
def hooked(telegram: TelegramStandin, bot: TelegramBot, receiver: Receiver) -> TelegramBot:
    """The test's bot with its webhook set; redelivery a thousand times faster than Telegram's."""
    return telegram.add_bot(
        bot.state.token, webhook_url=receiver.url, secret="s3cret_Token-1", speed_up=1_000
    )


@pytest.fixture(scope="session")
async def http(telegram: TelegramStandin) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=telegram.base_url, timeout=5, trust_env=False) as client:
        yield client


@dataclass
class Api:
    """The Bot API as a bot's own code calls it."""

    http: httpx.AsyncClient
    token: str

    async def __call__(self, method: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/bot{self.token}/{method}", json=body)

    async def ok(self, method: str, **body: Any) -> Any:
        answer = await self(method, **body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["ok"] is True
        return answer.json()["result"]

    async def refused(self, method: str, **body: Any) -> tuple[int, str]:
        answer = await self(method, **body)
        error = answer.json()
        assert error["ok"] is False
        assert error["error_code"] == answer.status_code
        return answer.status_code, error["description"]


@pytest.fixture
def api(http: httpx.AsyncClient, bot: TelegramBot) -> Api:
    return Api(http, bot.state.token)


@pytest.fixture(scope="session")
async def standin(telegram: TelegramStandin) -> AsyncIterator[StandinClient]:
    async with StandinClient(telegram.base_url) as client:
        yield client


@pytest.fixture
def new_token() -> Callable[[], str]:
    return lambda: token_of(next(_BOT_IDS))
