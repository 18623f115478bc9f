"""Asking over the broker: typed answers, typed errors, and an honest word when there is no answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.base import SYSTEM
from libs.contracts.errors import DomainError, ErrorCode, ParleyError, PermanentError, TransientError
from libs.runtime.consuming import Consumers
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received
from libs.runtime.rpc import RpcClient
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import Ask, Step
from tests.integration.runtime.proxy import Proxy
from tests.integration.runtime.waiting import depth, until

WORK = topology.AI_ANSWER_CONTACT
ASKED = topology.Queue("ai.query", classic=topology.QUERY_QUEUE_ARGUMENTS)


class Answer(BaseModel):
    """What the service of these tests answers."""

    text: str


ERRORS: dict[str, Exception] = {
    "domain": DomainError(ErrorCode.NOT_FOUND, "no such thing", conversation_id="c1"),
    "transient": TransientError(ErrorCode.UNAVAILABLE, "not now", retry_after=7),
    "permanent": PermanentError(ErrorCode.UNREADABLE, "never"),
    "bug": ValueError("hello from the contact"),
}


class Answering:
    """Answers questions and steps; holds those that ask for it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0
        self.ended = 0

    async def ask(self, received: Received[Ask]) -> BaseModel | None:
        self.begun += 1
        want = received.message.want
        if want == "late":
            await self.go.wait()
        if want in ERRORS:
            raise ERRORS[want]
        self.ended += 1
        return Answer(text=want)

    async def step(self, received: Received[Step]) -> BaseModel | None:
        self.begun += 1
        if received.message.key == "late":
            await self.go.wait()
        if received.message.key == "twice" and received.attempt == 1:
            raise TransientError(ErrorCode.UNAVAILABLE, "not now")
        if received.message.key in ERRORS:
            raise ERRORS[received.message.key]
        self.ended += 1
        return Answer(text=f"{received.message.key} {received.message.number}")


@pytest.fixture
async def url(broker_url: str) -> str:
    await declare_topology(broker_url, queues=[WORK, ASKED], tiers=dict.fromkeys(topology.RETRY_TIERS, 100))
    return broker_url


@pytest.fixture
async def service(url: str, publisher: Publisher) -> AsyncIterator[Answering]:
    answering = Answering()
    consumers = Consumers(url, publisher, "ai")
    consumers.queries("ai", {Ask: answering.ask})
    consumers.work_queue(WORK, {Step: answering.step})
    await consumers.start()
    yield answering
    answering.go.set()
    await consumers.drain(5)
    await consumers.stop()


@pytest.fixture
async def client(url: str) -> AsyncIterator[RpcClient]:
    made = RpcClient(url, "test")
    yield made
    await made.close()


def _ask(client: RpcClient, want: str = "fine", **more: float) -> Awaitable[Answer]:
    return client.ask(Ask(want=want), service="ai", account_id="acc", answer=Answer, **more)


def _command(
    client: RpcClient,
    key: str = "k",
    number: int = 1,
    *,
    time_limit: float = 20.0,
    routing_key: str = "answer_contact.v1",
) -> Awaitable[dict[str, object]]:
    return client.command(
        Step(actor=SYSTEM, key=key, number=number),
        exchange=topology.AI_COMMANDS,
        routing_key=routing_key,
        account_id="acc",
        subject="c1",
        id=f"{key}-{number}",
        time_limit=time_limit,
    )


async def test_a_question_gets_its_typed_answer(service: Answering, client: RpcClient):
    assert await _ask(client, "this") == Answer(text="this")


async def test_a_command_gets_its_result(service: Answering, client: RpcClient):
    assert await _command(client, "k", 3) == {"text": "k 3"}


async def test_many_questions_at_once_get_each_its_own_answer(service: Answering, client: RpcClient):
    wants = [f"w{number}" for number in range(300)]
    answers = await asyncio.gather(*(_ask(client, want, time_limit=60.0) for want in wants))
    assert [answer.text for answer in answers] == wants


@pytest.mark.parametrize("call", [_ask, _command])
@pytest.mark.parametrize("kind", ["domain", "permanent"])
async def test_errors_come_back_as_what_they_are(
    service: Answering, client: RpcClient, call: Callable[[RpcClient, str], Awaitable[object]], kind: str
):
    with pytest.raises(ParleyError) as caught:
        await call(client, kind)
    raised = ERRORS[kind]
    assert isinstance(raised, ParleyError)
    assert (type(caught.value), caught.value.code, caught.value.detail, caught.value.conversation_id) == (
        type(raised),
        raised.code,
        raised.detail,
        raised.conversation_id,
    )


async def test_a_query_that_fails_for_now_says_so(service: Answering, client: RpcClient):
    with pytest.raises(TransientError) as caught:
        await _ask(client, "transient")
    assert (caught.value.code, caught.value.retry_after) == (ErrorCode.UNAVAILABLE, 7)


@pytest.mark.parametrize("call", [_ask, _command])
async def test_a_bug_is_answered_without_its_text(
    service: Answering, client: RpcClient, call: Callable[[RpcClient, str], Awaitable[object]]
):
    with pytest.raises(PermanentError) as caught:
        await call(client, "bug")
    assert caught.value.code == ErrorCode.INTERNAL
    assert "contact" not in caught.value.detail


async def test_failing_queries_do_not_use_up_the_prefetch(service: Answering, client: RpcClient):
    for _ in range(3):
        results = await asyncio.gather(*(_ask(client, "bug") for _ in range(60)), return_exceptions=True)
        assert {type(result) for result in results} == {PermanentError}
    assert await _ask(client) == Answer(text="fine")


async def test_a_command_that_works_at_the_second_attempt_is_still_answered(
    service: Answering, client: RpcClient
):
    assert await _command(client, "twice", 1) == {"text": "twice 1"}


async def test_nobody_there_is_unavailable_at_once(broker_url: str):
    client = RpcClient(broker_url, "test")
    for call in (_ask(client), _command(client, routing_key="nobody.v1")):
        async with asyncio.timeout(10):  # far below their limit
            with pytest.raises(TransientError) as caught:
                await call
        assert caught.value.code == ErrorCode.UNAVAILABLE
    await client.close()


async def test_a_late_answer_to_a_question_is_unavailable_and_then_dropped(
    service: Answering, client: RpcClient
):
    with pytest.raises(TransientError) as caught:
        await _ask(client, "late", time_limit=0.3)
    assert caught.value.code == ErrorCode.UNAVAILABLE
    service.go.set()
    await until(lambda: service.ended == 1)
    assert await _ask(client, "next") == Answer(text="next")
    assert client._pending == {}


async def test_a_late_answer_to_a_command_is_an_unknown_outcome(service: Answering, client: RpcClient):
    with pytest.raises(TransientError) as caught:
        await _command(client, "late", time_limit=0.5)
    assert (caught.value.code, caught.value.conversation_id) == (ErrorCode.OUTCOME_UNKNOWN, "c1")


async def test_a_command_that_waited_too_long_is_not_carried_out(
    url: str, client: RpcClient, publisher: Publisher
):
    with pytest.raises(TransientError) as caught:
        await _command(client, "k", time_limit=0.3)
    assert caught.value.code == ErrorCode.OUTCOME_UNKNOWN
    answering = Answering()
    consumers = Consumers(url, publisher, "ai")
    consumers.work_queue(WORK, {Step: answering.step})
    await consumers.start()
    await until(lambda: _empty(url))
    await consumers.drain(5)
    await consumers.stop()
    assert answering.begun == 0


async def _empty(url: str) -> bool:
    return await depth(url, WORK.name) == 0


async def test_a_question_nobody_took_in_time_is_gone(url: str, client: RpcClient):
    with pytest.raises(TransientError):
        await _ask(client, time_limit=0.3)
    await until(lambda: _gone(url))


async def _gone(url: str) -> bool:
    return await depth(url, "ai.query") == 0


async def test_a_lost_connection_costs_the_waiting_calls_and_no_later_one(service: Answering, url: str):
    async with Proxy(url) as proxy:
        client = RpcClient(proxy.url, "test")
        await _ask(client)
        waiting = asyncio.ensure_future(_ask(client, "late", time_limit=1.0))
        await until(lambda: service.begun == 2)
        await proxy.cut()
        with pytest.raises(TransientError):
            await waiting
        assert await _ask(client) == Answer(text="fine")
        await proxy.refuse()
        with pytest.raises(TransientError):
            await _ask(client)
        await proxy.accept()
        assert await _ask(client) == Answer(text="fine")
        await client.close()


async def test_whoever_is_told_unavailable_never_finds_the_command_done(service: Answering, url: str):
    """The broker falls silent while a command is on its way, and comes back only after the answer."""
    async with Proxy(url) as proxy:
        client = RpcClient(proxy.url, "test")
        await _command(client, "k", 1)
        proxy.hold()
        with pytest.raises(TransientError) as caught:
            await _command(client, "k", 2, time_limit=0.5)
        assert caught.value.code == ErrorCode.UNAVAILABLE
        proxy.release()
        assert await _command(client, "k", 3) == {"text": "k 3"}
        assert service.begun == 2
        await client.close()
