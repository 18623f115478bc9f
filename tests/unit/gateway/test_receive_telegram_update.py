import json
from typing import Any

import pytest

from libs.contracts.errors import DomainError, TransientError
from libs.contracts.vocabulary import ActorKind, Channel
from libs.runtime.ids import derived_id
from services.gateway.use_cases.receive_telegram_update import ReceiveTelegramUpdate
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import SECRET, TELEGRAM, WIDGET, update


@pytest.fixture
def inbound() -> RecordingInbound:
    return RecordingInbound()


def receiver(inbound: RecordingInbound, *connections: Any) -> ReceiveTelegramUpdate:
    return ReceiveTelegramUpdate(
        KnownConnections(*(connections or (TELEGRAM,))), inbound, now=Clock().now, derive_id=derived_id
    )


async def test_the_right_secret_opens(inbound: RecordingInbound):
    assert await receiver(inbound).verify("conn-tg", SECRET.encode()) == TELEGRAM


@pytest.mark.parametrize(
    "secret", [None, b"", SECRET[:-1].encode(), SECRET.upper().encode(), b"\xff" * 8, SECRET.encode() + b" "]
)
async def test_any_other_secret_is_refused(inbound: RecordingInbound, secret: bytes | None):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound).verify("conn-tg", secret)
    assert refused.value.code == "unauthenticated"


@pytest.mark.parametrize(
    "connection",
    [
        TELEGRAM.model_copy(update={"webhook_secret": None}),
        TELEGRAM.model_copy(update={"webhook_secret": ""}),
        TELEGRAM.model_copy(update={"status": "disconnected"}),
        WIDGET.model_copy(update={"connection_id": "conn-tg", "webhook_secret": SECRET}),
        TELEGRAM.model_copy(update={"connection_id": "other"}),
    ],
)
@pytest.mark.parametrize("secret", [None, b"", SECRET.encode(), b"\0" * 32])
async def test_a_connection_that_cannot_be_verified_is_closed(
    inbound: RecordingInbound, connection: Any, secret: bytes | None
):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound, connection).verify("conn-tg", secret)
    assert refused.value.detail == "The webhook's secret is missing or wrong."


async def test_nobody_to_ask_is_passing_and_not_open(inbound: RecordingInbound):
    connections = KnownConnections(TELEGRAM)
    connections.away = True
    receive = ReceiveTelegramUpdate(connections, inbound, now=Clock().now, derive_id=derived_id)
    with pytest.raises(TransientError):
        await receive.verify("conn-tg", SECRET.encode())


async def test_an_update_becomes_one_command_in_the_connections_name(inbound: RecordingInbound):
    await receiver(inbound).take(TELEGRAM, json.dumps(update()).encode())
    ((command_id, account_id, command),) = inbound.recorded
    assert (command_id, account_id) == (derived_id("conn-tg", "718200101"), "acc-1")
    assert (command.connection_id, command.chatbot_id, command.channel) == (
        "conn-tg",
        "bot-1",
        Channel.TELEGRAM,
    )
    assert (command.actor.kind, command.actor.id) == (ActorKind.CONTACT, "550011")
    assert command.contact.name == "Mira"


async def test_a_repeated_update_has_the_same_id(inbound: RecordingInbound):
    body = json.dumps(update()).encode()
    await receiver(inbound).take(TELEGRAM, body)
    await receiver(inbound).take(TELEGRAM, body)
    assert inbound.recorded[0][0] == inbound.recorded[1][0]


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"7", b"\xff{}", b'{"a":'])
async def test_what_is_no_json_object_is_refused(inbound: RecordingInbound, body: bytes):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound).take(TELEGRAM, body)
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        b'{"hello":"world"}',
        b'{"update_id":1,"message":{}}',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"update_id":' + b"9" * 5000 + b"}",
    ],
)
async def test_authentic_nonsense_is_parked_whole(inbound: RecordingInbound, body: bytes):
    await receiver(inbound).take(TELEGRAM, body)
    ((_, reason, kept),) = inbound.parked
    assert kept == body.decode()
    assert reason
    assert not inbound.recorded


async def test_what_asks_for_nothing_is_taken_and_nothing_is_published(inbound: RecordingInbound):
    await receiver(inbound).take(TELEGRAM, b'{"update_id":1,"my_chat_member":{}}')
    assert not inbound.recorded
    assert not inbound.parked


async def test_an_absent_broker_is_passed_on(inbound: RecordingInbound):
    inbound.away = True
    with pytest.raises(TransientError):
        await receiver(inbound).take(TELEGRAM, json.dumps(update()).encode())
