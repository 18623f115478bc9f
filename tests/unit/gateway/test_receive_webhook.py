import json
from typing import Any

import pytest

from libs.contracts.errors import DomainError, TransientError
from libs.contracts.vocabulary import ActorKind, Channel
from libs.runtime.ids import derived_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.telegram import HEADER
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import SECRET, TELEGRAM, WHEN, WIDGET, update


@pytest.fixture
def inbound() -> RecordingInbound:
    return RecordingInbound()


def receiver(inbound: RecordingInbound, *connections: Any) -> ReceiveWebhook:
    known = KnownConnections(*(connections or (TELEGRAM,)))
    return ReceiveWebhook(CHANNELS, known, inbound, now=Clock().now, derive_id=derived_id)


def head(secret: str | None) -> Post:
    return Post(WHEN, {} if secret is None else {HEADER: secret})


def post(body: bytes) -> Post:
    return Post(WHEN, body=body)


async def test_the_right_secret_opens(inbound: RecordingInbound):
    assert await receiver(inbound).verify("telegram", "conn-tg", head(SECRET)) == TELEGRAM


@pytest.mark.parametrize("secret", [None, "", SECRET[:-1], SECRET.upper(), "\xff" * 8, SECRET + " "])
async def test_any_other_secret_is_refused(inbound: RecordingInbound, secret: str | None):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound).verify("telegram", "conn-tg", head(secret))
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
@pytest.mark.parametrize("secret", [None, "", SECRET, "\0"])
async def test_a_connection_that_cannot_be_verified_is_closed(
    inbound: RecordingInbound, connection: Any, secret: str | None
):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound, connection).verify("telegram", "conn-tg", head(secret))
    assert refused.value.detail == "The webhook's secret is missing or wrong."


async def test_nobody_to_ask_is_passing_and_not_open(inbound: RecordingInbound):
    connections = KnownConnections(TELEGRAM)
    connections.away = True
    receive = ReceiveWebhook(CHANNELS, connections, inbound, now=Clock().now, derive_id=derived_id)
    with pytest.raises(TransientError):
        await receive.verify("telegram", "conn-tg", head(SECRET))


async def test_an_update_becomes_one_command_in_the_connections_name(inbound: RecordingInbound):
    await receiver(inbound).take(TELEGRAM, post(json.dumps(update()).encode()))
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
    await receiver(inbound).take(TELEGRAM, post(body))
    await receiver(inbound).take(TELEGRAM, post(body))
    assert inbound.recorded[0][0] == inbound.recorded[1][0]


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"7", b"\xff{}", b'{"a":'])
async def test_what_is_no_json_object_is_refused(inbound: RecordingInbound, body: bytes):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound).take(TELEGRAM, post(body))
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        b'{"hello":"world"}',
        b'{"update_id":1,"message":{}}',
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b'{"update_id":' + b"9" * 5000 + b"}",
    ],
)
async def test_authentic_nonsense_is_parked_whole(inbound: RecordingInbound, body: bytes):
    await receiver(inbound).take(TELEGRAM, post(body))
    ((_, reason, kept),) = inbound.parked
    assert kept == body.decode()
    assert reason
    assert not inbound.recorded


async def test_what_asks_for_nothing_is_taken_and_nothing_is_published(inbound: RecordingInbound):
    await receiver(inbound).take(TELEGRAM, post(b'{"update_id":1,"my_chat_member":{}}'))
    assert not inbound.recorded
    assert not inbound.parked


async def test_an_absent_broker_is_passed_on(inbound: RecordingInbound):
    inbound.away = True
    with pytest.raises(TransientError):
        await receiver(inbound).take(TELEGRAM, post(json.dumps(update()).encode()))


async def test_a_kind_that_is_not_registered_is_nowhere(inbound: RecordingInbound):
    with pytest.raises(DomainError) as refused:
        await receiver(inbound).verify("pigeon", "conn-tg", head(SECRET))
    assert refused.value.code == "not_found"


async def test_a_large_body_is_parked_cut(inbound: RecordingInbound):
    await receiver(inbound).take(TELEGRAM, post(b'{"a":"' + b"x" * 300_000 + b'"}'))
    ((_, _, kept),) = inbound.parked
    assert len(kept) == 262_144
