"""Alive is not ready: a dependency that does not work makes a service unready, and never dead."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime import health as module
from libs.runtime import metrics
from libs.runtime.health import Health


async def _works() -> None:
    return None


async def _away() -> None:
    raise TransientError(ErrorCode.UNAVAILABLE, "the broker is away")


async def _broken() -> None:
    raise ValueError("amqp://user:password@host")


async def _hangs() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def health() -> Health:
    made = Health()
    made.started = True
    made.add_check("store", _works)
    return made


async def _response(health: Health, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=health.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def _get(health: Health, path: str) -> tuple[int, dict[str, object]]:
    response = await _response(health, path)
    return response.status_code, response.json()


async def test_a_service_whose_dependencies_work_is_ready(health: Health):
    assert await _get(health, "/readyz") == (200, {"status": "ready", "checks": {"store": "ok"}})


async def test_a_service_that_starts_or_drains_is_not_ready_but_alive(health: Health):
    health.started = False
    assert await _get(health, "/readyz") == (503, {"status": "starting"})
    health.started, health.draining = True, True
    assert await _get(health, "/readyz") == (503, {"status": "draining"})
    assert await _get(health, "/livez") == (200, {"status": "alive"})


@pytest.mark.parametrize(
    ("check", "said"),
    [(_away, "the broker is away"), (_broken, "ValueError"), (_hangs, "no answer in time")],
)
async def test_a_dependency_that_does_not_work_makes_it_unready_and_says_which(
    health: Health, monkeypatch: pytest.MonkeyPatch, check: module.Check, said: str
):
    monkeypatch.setattr(module, "CHECK_LIMIT", 0.05)
    health.add_check("broker", check)
    assert await _get(health, "/readyz") == (
        503,
        {"status": "not ready", "checks": {"store": "ok", "broker": said}},
    )
    assert (await _get(health, "/livez"))[0] == 200


async def test_many_askers_at_once_make_one_check(health: Health):
    asked = 0

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    health.add_check("counted", counted)
    await asyncio.gather(*(health.report() for _ in range(20)))
    assert asked == 1


async def test_metrics_are_prometheus_text(health: Health):
    metrics.CALLS.labels("nothing", "ok")  # what a process has that uses them
    response = await _response(health, "/metrics")
    assert response.status_code == 200
    assert "parley_messages_consumed" in response.text


async def test_readiness_names_what_the_parts_of_the_process_are(health: Health):
    assert "parts" not in (await _response(health, "/readyz")).json()

    chosen = ["model-a"]
    health.add_part("model", lambda: chosen[0])

    assert (await _response(health, "/readyz")).json()["parts"] == {"model": "model-a"}
    assert 'parley_part{choice="model-a",part="model"} 1.0' in (await _response(health, "/metrics")).text
    chosen[0] = "none"
    assert (await _response(health, "/readyz")).json()["parts"] == {"model": "none"}
    told = (await _response(health, "/metrics")).text
    assert 'parley_part{choice="none",part="model"} 1.0' in told
    assert "model-a" not in told
