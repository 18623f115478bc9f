import json
from typing import Any

import pytest

from libs.contracts.email_threads import plus_token
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.inbound import MoveThread, TakeOverThread
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply
from libs.contracts.vocabulary import ActorKind, Channel, ReceiptKind
from libs.runtime.ids import derived_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.telegram import HEADER
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.channel_samples import (
    BASIC,
    CHATWOOT,
    EMAIL,
    WHATSAPP,
    escaped,
    mail,
    said,
    talk,
    value,
    whatsapp,
    wrote,
)
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


async def test_receipts_go_where_their_message_is_found(inbound: RecordingInbound):
    status = {"id": "wamid.OUT2", "status": "failed", "recipient_id": "1", "errors": [{"code": 131047}]}
    known = status | {"biz_opaque_callback_data": "m-77"}
    body = escaped(whatsapp(value(statuses=[known, status | {"status": "read"}])))
    for _ in range(2):
        await receiver(inbound).take(WHATSAPP, post(body))
    first, second, again, _ = inbound.receipts
    assert first == again
    assert first[0] != second[0]
    command = first[2]
    assert (command.external_id, command.message_id, command.kind) == (
        "wamid.OUT2",
        "m-77",
        ReceiptKind.FAILED,
    )
    assert (command.error, second[2].message_id) == ("window_closed", None)
    assert not inbound.parked


async def test_threads_that_move_and_people_who_take_over_are_told_to_the_thread(inbound: RecordingInbound):
    moved = update(chat={"id": -40, "type": "group"}, text=None, migrate_to_chat_id=-10040)
    await receiver(inbound).take(TELEGRAM, post(escaped(moved)))
    written = said(message_type="outgoing", sender={"id": 8, "name": "Ana", "type": "user"})
    await receiver(inbound).take(CHATWOOT, post(escaped(written)))
    opened = talk(event="conversation_status_changed", status="open", meta={"assignee": {"name": "Ana"}})
    await receiver(inbound).take(CHATWOOT, post(escaped(opened)))
    await receiver(inbound).take(CHATWOOT, post(escaped(opened | {"status": "resolved"})))
    (_, _, move), (_, account_id, take), (_, _, settle), (_, _, reply) = (
        inbound.threads[index] for index in (0, 2, 3, 1)
    )
    assert isinstance(reply, RecordConsoleReply)
    assert (reply.writer, reply.writer_id, reply.contact.alias) == ("Ana", "3:user:8", "3:501")
    assert (reply.chatbot_id, reply.external_id) == ("bot-1", "9101")
    assert isinstance(settle, FollowThreadStatus)
    assert (settle.session_id, settle.status, settle.by) == ("cw:3:77", "resolved", "Ana")
    assert isinstance(move, MoveThread)
    assert (move.session_id, move.to_session_id, move.to_target) == ("tg:-40", "tg:-10040", "-10040")
    assert isinstance(take, TakeOverThread)
    assert (account_id, take.session_id, take.by) == ("acc-1", "cw:3:77", "Ana")


async def test_a_mail_carries_what_leads_to_its_conversation(inbound: RecordingInbound):
    conversation = "0" * 32 + "-00ff"
    token = plus_token(conversation, EMAIL.connection_id, BASIC)
    await receiver(inbound).take(EMAIL, post(escaped(mail(MailboxHash=token))))
    ((_, _, command),) = inbound.recorded
    assert (command.conversation_id, command.subject) == (conversation, "Re: Kettle")
    assert command.references == ("5d0c7a10-out1@desk.test", "j1@sample.test")
    assert command.other_ids == ("j2@sample.test",)


ONE = WHATSAPP.model_copy(update={"settings": {"phone_number_id": "70001"}})
TWO = WHATSAPP.model_copy(update={"connection_id": "conn-two", "settings": {"phone_number_id": "70002"}})


def of_two_numbers() -> bytes:
    text = wrote("text", text={"body": "hi"})
    status = {"id": "wamid.OUT2", "status": "read", "recipient_id": "1"}
    other = value(number="70002", messages=[text | {"id": "wamid.A2"}], statuses=[status])
    return escaped(whatsapp(value(messages=[text]), other))


async def test_each_number_of_a_post_goes_to_its_own_connection(inbound: RecordingInbound):
    await receiver(inbound, ONE, TWO).take(ONE, post(of_two_numbers()))
    assert [command.connection_id for _, _, command in inbound.recorded] == ["conn-whatsapp", "conn-two"]
    assert [command.connection_id for _, _, command in inbound.receipts] == ["conn-two"]
    assert not inbound.parked


@pytest.mark.parametrize(
    "other",
    [
        {"webhook_secret": "another-app"},
        {"webhook_secret": None},
        {"status": "disconnected"},
        {"account_id": "other"},
        {"settings": {}},
    ],
)
async def test_a_number_of_nobody_of_this_app_is_kept_and_goes_nowhere(
    inbound: RecordingInbound, other: dict[str, Any]
):
    await receiver(inbound, ONE, TWO.model_copy(update=other)).take(ONE, post(of_two_numbers()))
    assert [command.connection_id for _, _, command in inbound.recorded] == ["conn-whatsapp"]
    assert not inbound.receipts
    assert [reason for _, reason, _ in inbound.parked] == ["a number that has no connection of this app"]


async def test_what_a_post_tells_of_a_message_and_its_writer_goes_along(inbound: RecordingInbound):
    pressed = wrote("button", button={"payload": "STOP_NEWS", "text": "Stop"}, context={"forwarded": True})
    await receiver(inbound).take(WHATSAPP, post(escaped(whatsapp(value(messages=[pressed])))))
    await receiver(inbound).take(EMAIL, post(escaped(mail())))
    (_, _, button), (_, _, letter) = inbound.recorded
    assert (button.payload, button.forwarded, button.contact.phone) == ("STOP_NEWS", True, "+351910000001")
    assert button.sent_at is not None
    assert (letter.contact.email, letter.contact.phone, letter.payload) == ("jo@sample.test", None, None)


async def test_a_person_with_another_number_is_told_as_one(inbound: RecordingInbound):
    system = {"type": "user_changed_number", "wa_id": "351910000002", "body": "number changed"}
    body = whatsapp(value(messages=[wrote("system", system=system)]))
    await receiver(inbound).take(WHATSAPP, post(escaped(body)))
    ((_, _, move),) = inbound.threads
    assert isinstance(move, MoveThread)
    assert (move.session_id, move.to_session_id, move.to_alias) == (
        "wa:351910000001",
        "wa:351910000002",
        "351910000002",
    )
