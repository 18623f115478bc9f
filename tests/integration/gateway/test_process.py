"""The gateway's process with the real broker: what crosses the wire, and what happens without it."""

import asyncio
import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from argon2 import PasswordHasher

from deploy.local.mongodb import MongoDB
from deploy.local.rabbitmq import RabbitMQ
from libs.contracts import topology
from libs.contracts.base import SYSTEM, Fault, Reply
from libs.contracts.conversation import FoundConversation, RecordInboundMessage
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import DomainError
from libs.contracts.gateway import SetCredentials
from libs.contracts.vocabulary import FaultKind
from libs.runtime.dead_letters import DeadLetters
from libs.runtime.ids import derived_id, new_id
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher
from libs.runtime.rpc import RpcClient
from tests.integration.gateway.conftest import Process, gateway_process
from tests.integration.gateway.others import Others, eventually, others
from tests.patience import PATIENCE
from tests.unit.gateway.samples import (
    ACCOUNT,
    ANA,
    BEN,
    SECRET,
    WHEN,
    conversation,
    message,
    update,
)

REF = conversation()
REPLIES = f"/app/chatbots/bot-1/conversations/{REF.id}/replies"
SIGNED = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
WEBHOOK = "/webhooks/telegram/conn-tg"
HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("right")


async def set_credentials(url: str, **changes: Any) -> None:
    fields = {"person_id": ANA.id, "email": "Ana@Example.org", "password_hash": HASH}
    rpc = RpcClient(url, "test")
    try:
        await rpc.command(
            SetCredentials(actor=SYSTEM, **fields | changes),
            exchange=topology.GATEWAY_COMMANDS,
            routing_key=SetCredentials.type,
            account_id=ACCOUNT,
            id=new_id(),
        )
    finally:
        await rpc.close()


async def log_in(gateway: Process, url: str) -> dict[str, str]:
    await set_credentials(url)
    answer = await gateway.client.post("/auth/login", json={"email": ANA.email, "password": "right"})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def commands(around: Others, matches: Callable[[Envelope], bool]) -> list[tuple[str, Envelope]]:
    async def look() -> list[tuple[str, Envelope]]:
        return [(key, command) for key, command in around.commands if matches(command)]

    return list(await eventually(look))


async def test_credentials_are_set_by_command_and_open_the_door(
    gateway: Process, around: Others, module_broker_url: str
):
    assert await log_in(gateway, module_broker_url)
    wrong = await gateway.client.post("/auth/login", json={"email": ANA.email, "password": "wrong"})
    assert wrong.status_code == 401
    unknown = await gateway.client.post("/auth/login", json={"email": "x@y.z", "password": "right"})
    assert (unknown.status_code, unknown.json()["detail"]) == (401, wrong.json()["detail"])
    with pytest.raises(DomainError) as refused:
        await set_credentials(module_broker_url, person_id=BEN.id)
    assert refused.value.code == "conflict"


async def test_an_update_is_in_its_partition_when_it_is_answered(gateway: Process, around: Others):
    body = json.dumps(update())
    answers = await asyncio.gather(
        *(gateway.client.post(WEBHOOK, content=body, headers=SIGNED) for _ in range(20))
    )
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {})] * 20
    wanted = derived_id("conn-tg", "718200101")

    async def all_there() -> bool:
        return sum(command.id == wanted for _, command in around.commands) == 20

    await eventually(all_there)
    key, command = next(one for one in around.commands if one[1].id == wanted)
    partition = topology.partition(topology.thread_crc("conn-tg", "tg:550011"))
    assert key == f"{partition}.record_inbound_message.v1"
    assert (command.accountid, command.source) == (ACCOUNT, "gateway")
    inner = command.message()
    assert isinstance(inner, RecordInboundMessage)
    assert inner.content == "Is the kettle back?"


async def test_a_trace_goes_from_the_request_into_the_envelope(gateway: Process, around: Others):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    body = json.dumps(update() | {"update_id": 99})
    headers = SIGNED | {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await gateway.client.post(WEBHOOK, content=body, headers=headers)
    found = await commands(around, lambda command: command.id == derived_id("conn-tg", "99"))
    assert (found[0][1].traceparent or "").split("-")[1] == trace


async def test_a_forged_webhook_reaches_no_queue(gateway: Process, around: Others):
    forged = {"X-Telegram-Bot-Api-Secret-Token": "forged"}
    for path, headers in ((WEBHOOK, forged), (WEBHOOK, {}), ("/webhooks/telegram/unknown", SIGNED)):
        answer = await gateway.client.post(path, content=json.dumps(update()), headers=headers)
        assert answer.status_code == 401
    await gateway.client.post(WEBHOOK, content=json.dumps(update() | {"update_id": 5}), headers=SIGNED)
    await commands(around, lambda command: command.id == derived_id("conn-tg", "5"))
    recorded = [command for _, command in around.commands if command.type.startswith("record_")]
    assert len(recorded) == 1  # beside the presence that another test's sockets left to expire


async def test_authentic_nonsense_is_parked_and_kept_for_people(
    gateway: Process, around: Others, mongodb_url: str, module_broker_url: str, module_database_prefix: str
):
    answer = await gateway.client.post(WEBHOOK, content=b'{"odd": 1}', headers=SIGNED)
    assert (answer.status_code, answer.json()) == (200, {})
    store = Store(mongodb_url, f"{module_database_prefix}_gateway")
    letters = DeadLetters(store, Publisher(module_broker_url, "test"))
    (row,) = await eventually(lambda: letters.list(queue=topology.PARKED))
    shown = await letters.show(row["_id"])
    assert Envelope.model_validate_json(shown["body"]).data["body"] == '{"odd": 1}'
    assert row["reason"] == "update_id is not an id"
    store.close()


async def test_a_changed_connection_is_asked_for_anew(gateway: Process, around: Others):
    path = "/webhooks/telegram/conn-changing"
    known = around.connections["conn-tg"].model_copy(update={"connection_id": "conn-changing"})
    around.connections["conn-changing"] = known
    body = json.dumps(update())
    assert (await gateway.client.post(path, content=body, headers=SIGNED)).status_code == 200
    around.connections["conn-changing"] = known.model_copy(update={"webhook_secret": "another"})
    assert (await gateway.client.post(path, content=body, headers=SIGNED)).status_code == 200
    event = wrap(
        ConnectionChanged(actor=SYSTEM, occurred_at=WHEN, connection_id="conn-changing"),
        id=new_id(),
        source="delivery",
        time=WHEN,
        accountid=ACCOUNT,
    )
    await around.publish(topology.DELIVERY_EVENTS, f"p03.{event.type}", event.encode())

    async def refused() -> bool:
        return (await gateway.client.post(path, content=body, headers=SIGNED)).status_code == 401

    await eventually(refused)
    around.asked.clear()
    assert await refused()
    assert around.asked == []


async def test_a_reply_is_carried_out_once_a_key(gateway: Process, around: Others, module_broker_url: str):
    headers = await log_in(gateway, module_broker_url) | {"Idempotency-Key": new_id()}
    around.answer = lambda _: Reply(result=message(REF, 7).model_dump(mode="json"))
    answers = await asyncio.gather(
        *(gateway.client.post(REPLIES, json={"content": "Hi!"}, headers=headers) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    found = await commands(around, lambda command: command.type == "post_reply.v1")
    assert len({command.id for _, command in found}) == 1
    key, command = found[0]
    assert key == f"{topology.partition(topology.conversation_crc(REF.id))}.post_reply.v1"
    assert command.subject == REF.id
    assert command.expiresat is not None
    other = await gateway.client.post(REPLIES, json={"content": "Bye!"}, headers=headers)
    assert other.json()["code"] == "idempotency_key_reused"


async def test_what_the_conversation_refuses_is_answered_with_its_code(
    gateway: Process, around: Others, module_broker_url: str
):
    headers = await log_in(gateway, module_broker_url)
    fault = Fault(kind=FaultKind.DOMAIN, code="not_handed_off", detail="no")
    around.answer = lambda _: Reply(fault=fault)
    answer = await gateway.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Can only reply to handed-off conversations."
    malformed = REPLIES.replace(REF.id, "nonsense")
    answer = await gateway.client.post(malformed, json={"content": "Hi!"}, headers=headers)
    assert (answer.status_code, answer.json()["conversation_id"]) == (404, "nonsense")


async def test_a_socket_hears_its_conversation_and_lost_frames_are_made_up_for(
    gateway: Process, around: Others, module_broker_url: str
):
    headers = await log_in(gateway, module_broker_url)
    await around.happens(REF, 1, told=False)
    around.found[REF.session_id] = FoundConversation(conversation=REF, sequence=1)
    async with websockets.connect(f"{gateway.ws}/ws", additional_headers=headers, proxy=None) as socket:
        for _ in range(2):
            assert json.loads(await socket.recv())["type"] == "subscribed"
        await socket.send(json.dumps({"type": "subscribe", "topic": "chat:tg:77", "last_seq": 0}))
        assert json.loads(await socket.recv())["seq"] == 1
        assert json.loads(await socket.recv())["seq"] == 1
        await around.happens(REF, 2, told=False)
        await around.happens(REF, 3)
        async with asyncio.timeout(10 * PATIENCE):
            assert [json.loads(await socket.recv())["seq"] for _ in range(2)] == [2, 3]


async def test_two_replicas_tell_alike_and_refresh_tokens_work_at_either(
    gateway: Process, around: Others, module_broker_url: str, mongodb_url: str, module_database_prefix: str
):
    headers = await log_in(gateway, module_broker_url)
    ref = conversation("tg:78")
    around.found["tg:78"] = FoundConversation(conversation=ref, sequence=0)
    async with gateway_process(module_broker_url, mongodb_url, module_database_prefix) as second:
        replicas = (gateway, second)
        sockets = [
            await websockets.connect(f"{one.ws}/ws", additional_headers=headers, proxy=None)
            for one in replicas
        ]
        for socket in sockets:
            await socket.send(json.dumps({"type": "subscribe", "topic": "chat:tg:78"}))
            while json.loads(await socket.recv())["topic"] != "chat:tg:78":
                pass
        await around.happens(ref, 1)
        async with asyncio.timeout(10 * PATIENCE):
            assert [json.loads(await socket.recv())["seq"] for socket in sockets] == [1, 1]
        for socket in sockets:
            await socket.close()
        session = (
            await gateway.client.post("/auth/login", json={"email": ANA.email, "password": "right"})
        ).json()
        key = {"Idempotency-Key": "once"}
        body = {"refresh_token": session["refresh_token"]}
        answers = await asyncio.gather(
            *(one.client.post("/auth/refresh", json=body, headers=key) for one in replicas)
        )
        assert answers[0].json() == answers[1].json()
        reused = await second.client.post("/auth/refresh", json=body)
        assert reused.status_code == 401
        second.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20 * PATIENCE):
            assert await second.child.wait() == 0
        assert not any("Traceback" in line for line in second.log)


async def test_nothing_that_was_written_or_secret_is_in_the_log(gateway: Process, around: Others):
    canary = "canary-words-4711"
    body = json.dumps(update(text=canary) | {"update_id": 4711})
    await gateway.client.post(WEBHOOK, content=body, headers=SIGNED)
    await gateway.client.post("/auth/login", json={"email": f"{canary}@x.y", "password": canary})
    async with websockets.connect(f"{gateway.ws}/ws?token={canary}", proxy=None) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
    log = "".join(gateway.log)
    assert canary not in log
    assert SECRET not in log


async def test_without_the_broker_webhooks_are_503_and_nothing_is_lost_after(
    private_rabbitmq: RabbitMQ, mongodb_url: str, database_prefix: str
):
    url = private_rabbitmq.url
    async with gateway_process(url, mongodb_url, database_prefix) as process:
        body = json.dumps(update())
        async with others(url):
            answer = await process.client.post(WEBHOOK, content=body, headers=SIGNED)
            assert answer.status_code == 200
        await private_rabbitmq.kill()
        async with asyncio.timeout(15 * PATIENCE):
            answer = await process.client.post(WEBHOOK, content=body, headers=SIGNED, timeout=60)
        assert answer.status_code == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= 5
        assert answer.json()["code"] == "unavailable"
        await private_rabbitmq.start()

        async def again() -> bool:
            answer = await process.client.post(WEBHOOK, content=body, headers=SIGNED, timeout=60)
            assert answer.status_code in (200, 503)
            return answer.status_code == 200

        await eventually(again, 30)


async def test_without_the_store_webhooks_are_taken_and_log_ins_are_503(
    declared_broker: str, private_mongodb: MongoDB
):
    async with gateway_process(declared_broker, private_mongodb.url, "alone") as process:
        async with others(declared_broker) as around:
            await private_mongodb.kill()
            answer = await process.client.post(WEBHOOK, content=json.dumps(update()), headers=SIGNED)
            assert answer.status_code == 200
            assert len(await commands(around, lambda _: True)) == 1
            body = {"email": ANA.email, "password": "right"}
            answer = await process.client.post("/auth/login", json=body, timeout=60)
            assert answer.status_code == 503
            assert "Retry-After" in answer.headers
        await private_mongodb.start()
