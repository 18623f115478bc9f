"""What Telegram is asked about a connection, and the worker that asks by itself."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from libs.contracts.errors import ErrorCode, TransientError
from services.delivery.adapters import connection_watch, media_worker
from services.delivery.adapters.connection_watch import ConnectionWatch
from services.delivery.adapters.http_caller import HttpAnswer
from services.delivery.adapters.media_worker import MediaWorker
from services.delivery.adapters.telegram_api import Answer
from services.delivery.adapters.telegram_registrar import TelegramRegistrar
from services.delivery.domain.outcomes import Refused, Retry, Unclear
from tests.unit.delivery.build import TOKEN, connection


class ScriptedApi:
    """Answers methods as it was told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []

    async def call(self, base: str, token: str, method: str, parameters: Mapping[str, Any]) -> Any:
        assert parameters == {}
        self.asked.append((base, token, method))
        answer = self.answers[method]
        if isinstance(answer, Retry | Refused | Unclear):
            return answer
        status, body = answer
        return Answer(HttpAnswer(status, body))


OK = (200, {"ok": True, "result": {"username": "shop_bot"}})
HOOK = "https://parley.test/webhooks/telegram/conn-1"
HERE = connection(settings={"webhook_url": HOOK})


def registrar(**answers: Any) -> TelegramRegistrar:
    return TelegramRegistrar(ScriptedApi(**answers), default_base="https://tg.test")  # type: ignore[arg-type]


def webhook(url: str) -> Any:
    return 200, {"ok": True, "result": {"url": url}}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"getMe": OK, "getWebhookInfo": webhook(HOOK)}, None),
        ({"getMe": OK, "getWebhookInfo": webhook("")}, Refused("webhook_elsewhere", disconnects=True)),
        ({"getMe": OK, "getWebhookInfo": Retry("unreachable")}, Retry("unreachable")),
        ({"getMe": (401, {"ok": False})}, Refused("unauthorized", disconnects=True)),
        ({"getMe": (500, {"ok": False})}, Retry("platform_error")),
        ({"getMe": Unclear("no answer in time")}, Retry("unreachable")),
    ],
)
async def test_a_bot_is_asked_whether_it_is_and_where_it_posts(answers: dict[str, Any], expected: Any):
    assert await registrar(**answers).check(HERE) == expected


async def test_without_an_address_of_ours_only_the_token_is_asked():
    own = connection(settings={"api_base_url": "https://own.test"})
    api = ScriptedApi(getMe=OK)
    assert await TelegramRegistrar(api, default_base="https://tg.test").check(own) is None  # type: ignore[arg-type]
    assert api.asked == [("https://own.test", TOKEN, "getMe")]


async def test_the_webhook_is_taken_away():
    assert await registrar(deleteWebhook=(200, {"ok": True, "result": True})).disconnect(HERE) is None
    assert await registrar(deleteWebhook=Retry("unreachable")).disconnect(HERE) == Retry("unreachable")


class Work:
    """Does what it is told, one after the other, and stops the worker at the end."""

    def __init__(self, *steps: bool | Exception) -> None:
        self.steps = list(steps)

    async def __call__(self, *_: Any) -> bool:
        step = self.steps.pop(0) if self.steps else False
        if isinstance(step, Exception):
            raise step
        return step


class StopError(Exception):
    pass


@pytest.mark.parametrize("kind", ["watch", "media"])
async def test_a_worker_goes_on_after_a_store_that_was_away(kind: str, monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise StopError

    # Of these modules alone: with everybody's, a server that runs beside would spin for ever.
    for module in (connection_watch, media_worker):
        monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=sleep))
    work = Work(True, TransientError(ErrorCode.UNAVAILABLE, "away"), True, True)
    if kind == "watch":
        reseal = Work(True)
        worker: Any = ConnectionWatch(
            SimpleNamespace(next_due=work),  # type: ignore[arg-type]
            SimpleNamespace(reseal_one=reseal),  # type: ignore[arg-type]
            every=300.0,
        )
    else:
        worker = MediaWorker(SimpleNamespace(next_due=work))  # type: ignore[arg-type]
    with pytest.raises(StopError):
        await worker.run()
    assert work.steps == []
