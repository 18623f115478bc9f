"""One trace from an HTTP request over a question and a command to what they lead to."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from libs.contracts import topology
from libs.contracts.base import SYSTEM, Reply
from libs.contracts.envelope import wrap
from libs.runtime import telemetry
from libs.runtime.clock import now
from libs.runtime.consuming import Consumers
from libs.runtime.ids import new_id
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received
from libs.runtime.rpc import RpcClient
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import Ask, Step
from tests.integration.runtime.waiting import until

WORK = topology.AI_ANSWER_CONTACT
ASKED = topology.Queue("ai.query", classic=topology.QUERY_QUEUE_ARGUMENTS)


@pytest.fixture(autouse=True)
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))


@pytest.fixture
async def seen(broker_url: str, publisher: Publisher) -> AsyncIterator[dict[str, Any]]:
    """Trace ids by where they were seen: the question's handler publishes a step that another one takes."""
    await declare_topology(broker_url, queues=[WORK, ASKED])
    found: dict[str, Any] = {}

    async def on_ask(received: Received[Ask]) -> Reply:
        found["question"] = telemetry.current_trace_id()
        caused = wrap(
            Step(actor=SYSTEM, key="k", number=1),
            id=new_id(),
            source="test",
            time=now(),
            accountid="acc",
            cause=received.envelope,
            traceparent=telemetry.current_traceparent(),
        )
        await publisher.publish(caused, exchange=topology.AI_COMMANDS, routing_key="answer_contact.v1")
        return Reply(result={})

    async def on_step(received: Received[Step]) -> None:
        found["step"] = telemetry.current_trace_id()
        found["cause"] = received.envelope.causationid

    consumers = Consumers(broker_url, publisher, "ai")
    consumers.queries("ai", {Ask: on_ask})
    consumers.work_queue(WORK, {Step: on_step})
    await consumers.start()
    yield found
    await consumers.drain(5)
    await consumers.stop()


async def test_a_trace_goes_from_http_through_the_broker(broker_url: str, seen: dict[str, Any]):
    client = RpcClient(broker_url, "gateway")

    async def endpoint(request: Request) -> JSONResponse:
        with telemetry.span("GET /", parent=request.headers.get("traceparent")):
            await client.ask(Ask(), service="ai", account_id="acc", answer=Reply)
            return JSONResponse({"trace": telemetry.current_trace_id()})

    trace = "0af7651916cd43dd8448eb211c80319c"
    transport = httpx.ASGITransport(app=Starlette(routes=[Route("/", endpoint)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    await until(lambda: "step" in seen)
    assert (answer.json()["trace"], seen["question"], seen["step"]) == (trace, trace, trace)
    await client.close()
