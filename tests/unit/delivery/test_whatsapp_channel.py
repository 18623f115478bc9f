"""WhatsApp's adapter against the stand-in over a socket: every kind, every fault, each with its outcome."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.vocabulary import Channel, MessageKind
from libs.runtime.http_client import http_client
from libs.standins.whatsapp import WhatsAppNumber, WhatsAppStandin
from services.delivery.adapters.http_caller import HttpAnswer, HttpCaller
from services.delivery.adapters.whatsapp_channel import WhatsAppChannel
from services.delivery.adapters.whatsapp_errors import meaning
from services.delivery.domain.outcomes import NotTried, Refused, Retry, Sent, Unclear
from tests.unit.delivery.build import START, connection, seconds
from tests.unit.delivery.channel_stage import HeldBlobs, Sending, files_of, picture

INES = "351910000001"
CREDENTIALS = {"token": "EAAG-token", "webhook_secret": "app-secret"}


@pytest.fixture(scope="module")
async def standin() -> AsyncIterator[WhatsAppStandin]:
    async with WhatsAppStandin.running() as running:
        yield running


@pytest.fixture
async def number(standin: WhatsAppStandin) -> AsyncIterator[WhatsAppNumber]:
    made = standin.register(
        {
            "phone_number_id": "70001",
            "token": CREDENTIALS["token"],
            "app_secret": CREDENTIALS["webhook_secret"],
            "templates": {"ready": {"languages": ["pt_PT"], "parameters": 1}},
        }
    )
    made.people.set_window({"recipient": INES, "open": True})
    yield made
    await standin.reset()


@pytest.fixture
def blobs() -> HeldBlobs:
    return HeldBlobs({("acc-1", "f1"): b"png-bytes"})


@pytest.fixture
async def send(standin: WhatsAppStandin, number: WhatsAppNumber, blobs: HeldBlobs) -> AsyncIterator[Sending]:
    async with http_client(timeout=0.3) as client:
        channel = WhatsAppChannel(
            HttpCaller(client, limit=0.3), files_of(blobs), lambda: START, default_base=standin.base_url + "/"
        )
        made = connection(
            channel=Channel.WHATSAPP, credentials=CREDENTIALS, settings={"phone_number_id": "70001"}
        )
        yield Sending(channel, made, INES)


def request(number: WhatsAppNumber) -> dict[str, Any]:
    return number.sent.after()[-1].request


async def test_a_text_goes_out_with_our_id_and_what_it_answers(send: Sending, number: WhatsAppNumber) -> None:
    outcome = await send(reply_to_external="wamid.A1", message_id="m-77")
    [sent] = number.sent.after()
    assert outcome == Sent((sent.message_id,))
    assert request(number) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": INES,
        "type": "text",
        "text": {"body": "Sim, ontem.", "preview_url": False},
        "context": {"message_id": "wamid.A1"},
        "biz_opaque_callback_data": "m-77",
    }


async def test_a_short_answer_to_one_person_has_a_button_that_asks_for_a_person(
    send: Sending, number: WhatsAppNumber
) -> None:
    await send(person_option="Talk to a person")
    pressed = {"type": "reply", "reply": {"id": "Talk to a person", "title": "Talk to a person"}}
    assert request(number)["interactive"] == {
        "type": "button",
        "body": {"text": "Sim, ontem."},
        "action": {"buttons": [pressed]},
    }
    await send("a" * 1_025, person_option="Talk to a person")
    assert request(number)["type"] == "text"
    await send(target="Y2FwaV9ncm91cDo3MQ", person_option="Talk to a person")
    assert request(number)["type"] == "text"


async def test_a_long_text_goes_in_parts_and_a_retry_goes_on(send: Sending, number: WhatsAppNumber) -> None:
    number.add_fault("server_error", calls=[2])
    text = "\n\n".join(letter * 3000 for letter in "abc")
    assert await send(text, reply_to_external="wamid.A1") == Retry("platform_error")
    outcome = await send(text, reply_to_external="wamid.A1", provider_ids=send.progress[-1])
    assert isinstance(outcome, Sent)
    assert [one.text for one in number.sent.after()] == text.split("\n\n")
    assert ["context" in one.request for one in number.sent.after()] == [True, False, False]
    assert outcome.provider_ids == tuple(one.message_id for one in number.sent.after())


@pytest.mark.parametrize(
    ("target", "members"),
    [
        ("PT.90017", {"recipient_type": "individual", "recipient": "PT.90017"}),
        ("Y2FwaV9ncm91cDo3MQ", {"recipient_type": "group", "to": "Y2FwaV9ncm91cDo3MQ"}),
    ],
)
async def test_people_without_a_number_and_groups_are_reached(
    send: Sending, number: WhatsAppNumber, target: str, members: dict[str, str]
) -> None:
    number.people.set_window({"recipient": target, "open": True})
    assert isinstance(await send(target=target), Sent)
    assert members.items() <= request(number).items()


async def test_a_file_is_uploaded_and_the_text_stands_under_it(send: Sending, number: WhatsAppNumber) -> None:
    assert isinstance(await send("the lid", attachments=(picture(),)), Sent)
    image = request(number)["image"]
    assert image["caption"] == "the lid"
    assert number.media[image["id"]].content == b"png-bytes"


async def test_several_files_follow_their_text(send: Sending, number: WhatsAppNumber) -> None:
    voice = picture(kind=MessageKind.VOICE, content_type="audio/ogg; codecs=opus")
    odd = picture(content_type="image/tiff", filename=None)
    assert isinstance(await send("two", attachments=(voice, odd)), Sent)
    assert [one.kind for one in number.sent.after()] == ["text", "audio", "document"]
    assert request(number)["document"]["filename"] == "file"


async def test_a_file_that_lies_elsewhere_goes_by_its_address(send: Sending, number: WhatsAppNumber) -> None:
    link = picture(file_id=None, reference="https://files.test/lid.png", content_type=None)
    assert isinstance(await send("", attachments=(link,)), Sent)
    assert request(number)["image"] == {"link": "https://files.test/lid.png"}


async def test_files_that_cannot_go(send: Sending, number: WhatsAppNumber, blobs: HeldBlobs) -> None:
    async def outcome(**changes: Any) -> Any:
        return await send("", attachments=(picture(**changes),))

    blobs.held["acc-1", "large"] = b"x" * 5_000_001
    assert (await outcome(file_id="gone")).code == "file_missing"
    assert (await outcome(file_id=None)).code == "file_missing"
    assert (await outcome(file_id="large")).code == "file_too_large"
    blobs.away = True
    assert await outcome() == NotTried("unavailable", 2)
    assert number.calls.after() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "reset"}, Retry("upload_lost")),
        ({"kind": "bad_gateway"}, Retry("platform_error")),
        ({"kind": "unauthorized"}, Refused),
        ({"kind": "error", "status": 504, "code": 2}, Retry("upload_lost")),
    ],
)
async def test_an_upload_that_fails_shows_nobody_anything_twice(
    send: Sending, number: WhatsAppNumber, fault: dict[str, Any], expected: Any
) -> None:
    number.add_fault(methods=["upload"], **fault)
    outcome = await send("", attachments=(picture(),))
    assert outcome == expected or (isinstance(expected, type) and isinstance(outcome, expected))
    assert number.sent.after() == []


async def test_an_upload_to_nowhere_is_tried_again(send: Sending) -> None:
    settings = {"phone_number_id": "70001", "api_base_url": "http://127.0.0.1:1"}
    send.connection = replace(send.connection, settings=settings)
    assert await send("", attachments=(picture(),)) == Retry("unreachable")


async def test_the_window_is_kept_before_and_at_the_platform(send: Sending, number: WhatsAppNumber) -> None:
    over = await send(can_reply_until=START)
    assert isinstance(over, Refused)
    assert over.code == "window_closed"
    assert number.calls.after() == []
    assert isinstance(await send(can_reply_until=START + seconds(1)), Sent)
    number.people.set_window({"recipient": INES, "open": False})
    late = await send()
    assert isinstance(late, Refused)
    assert (late.code, late.disconnects) == ("window_closed", False)


async def test_a_template_goes_out_in_place_of_the_text(send: Sending, number: WhatsAppNumber) -> None:
    number.people.set_window({"recipient": INES, "open": False})
    template = ChannelTemplate(name="ready", language="pt_PT", parameters=("A-12",))
    assert isinstance(await send("Your order A-12", template=template, can_reply_until=START), Sent)
    assert request(number)["template"]["components"][0]["parameters"] == [{"type": "text", "text": "A-12"}]
    assert isinstance(
        await send(template=ChannelTemplate(name="hello_world", language="en_US"), can_reply_until=START),
        Sent,
    )
    gone = await send(template=ChannelTemplate(name="gone", language="en_US"))
    assert isinstance(gone, Refused)
    assert gone.code == "template_missing"


async def test_nothing_is_sent_without_content(send: Sending) -> None:
    assert await send(" ") == Refused("empty_message", "there is nothing to send")


@pytest.mark.parametrize(
    ("fault", "code", "disconnects"),
    [
        ({"kind": "unauthorized"}, "unauthorized", True),
        ({"kind": "undeliverable"}, "recipient_unreachable", False),
        ({"kind": "window_closed"}, "window_closed", False),
        ({"kind": "error", "code": 10}, "permission_missing", True),
        ({"kind": "error", "code": 230}, "permission_missing", True),
        ({"kind": "error", "code": 33}, "number_gone", True),
        ({"kind": "error", "code": 100}, "invalid_parameter", False),
        ({"kind": "error", "code": 368}, "account_blocked", True),
        ({"kind": "error", "code": 130497}, "country_restricted", False),
        ({"kind": "error", "code": 131048}, "spam_rate_limited", False),
        ({"kind": "error", "code": 131050}, "recipient_opted_out", False),
        ({"kind": "error", "code": 131062}, "number_needed", False),
        ({"kind": "error", "code": 132015}, "template_paused", False),
        ({"kind": "error", "code": 133010}, "registration_problem", True),
        ({"kind": "error", "code": 999999}, "refused", False),
    ],
)
async def test_what_is_refused_for_good(
    send: Sending, number: WhatsAppNumber, fault: dict[str, Any], code: str, disconnects: bool
) -> None:
    number.add_fault(**fault)
    outcome = await send()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.disconnects) == (code, disconnects)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit"}, Retry("rate_limited", 5.0, rate_limited=True)),
        ({"kind": "rate_limit", "retry_after": 9}, Retry("rate_limited", 9.0, rate_limited=True)),
        ({"kind": "rate_limit", "code": 80007}, Retry("rate_limited", 60.0, rate_limited=True)),
        ({"kind": "rate_limit", "code": 131056}, Retry("pair_rate_limited", 6.0, this_alone=True)),
        ({"kind": "error", "code": 131000, "status": 429}, Retry("rate_limited", 1.0, rate_limited=True)),
        ({"kind": "server_error"}, Retry("platform_error")),
        ({"kind": "unavailable"}, Retry("platform_error")),
        ({"kind": "bad_gateway"}, Retry("platform_error")),
        ({"kind": "error", "code": 135000}, Retry("platform_error")),
    ],
)
async def test_what_may_work_later(
    send: Sending, number: WhatsAppNumber, fault: dict[str, Any], expected: Retry
) -> None:
    number.add_fault(**fault)
    assert await send() == expected


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset"},
        {"kind": "reset", "accepted": True},
        {"kind": "hang", "accepted": True},
        {"kind": "slow_body", "seconds": 2},
        {"kind": "no_messages"},
        {"kind": "error", "status": 504, "code": 2},
    ],
)
async def test_what_nobody_can_tell(send: Sending, number: WhatsAppNumber, fault: dict[str, Any]) -> None:
    number.add_fault(**fault)
    assert isinstance(await send(), Unclear)


async def test_another_number_in_the_answer_changes_nothing(send: Sending, number: WhatsAppNumber) -> None:
    number.add_fault("other_wa_id", wa_id="5511900000000")
    outcome = await send()
    assert isinstance(outcome, Sent)
    assert outcome.moved_to is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (HttpAnswer(200, None), Unclear("the answer is not one of WhatsApp's")),
        (HttpAnswer(404, None), Refused("unexpected_answer", "HTTP 404, not from WhatsApp")),
        (HttpAnswer(429, None, 7.0), Retry("rate_limited", 7.0, rate_limited=True)),
        (HttpAnswer(400, {"error": {"code": "x", "error_data": "words"}}), Refused("refused", "(-1) words")),
        (HttpAnswer(400, {"error": {"code": 5, "is_transient": True}}), Retry("platform_error")),
        (HttpAnswer(400, {"error": {"code": 5}}), Refused("refused", "(5) ")),
    ],
)
def test_answers_that_are_not_as_usual(answer: HttpAnswer, expected: Any) -> None:
    assert meaning(answer) == expected


@pytest.mark.parametrize(
    "settings", [{}, {"phone_number_id": "../me"}, {"phone_number_id": "7", "version": "v"}]
)
async def test_settings_that_name_no_number_break_the_connection_off(
    send: Sending, settings: dict[str, Any]
) -> None:
    send.connection = replace(send.connection, settings=settings)
    outcome = await send()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.disconnects) == ("misconfigured", True)


async def test_connecting_asks_for_the_number(send: Sending, number: WhatsAppNumber) -> None:
    assert await send.channel.connect(send.connection) == {"display_phone_number": "4930555010"}
    for fault, code in (
        ({"kind": "unauthorized"}, "unauthorized"),
        ({"kind": "server_error"}, "platform_error"),
        ({"kind": "reset"}, "unreachable"),
    ):
        rule = number.add_fault(**fault)
        found = await send.channel.connect(send.connection)
        assert isinstance(found, Refused)
        assert found.code == code
        number.faults.remove(rule)


def test_credentials_need_token_and_app_secret_and_get_a_verify_token(send: Sending) -> None:
    complete = send.channel.complete
    assert complete({"token": "t"}, {}) is None
    assert complete({"token": "", "app_secret": "s"}, {}) is None
    made = complete({"token": "t", "app_secret": "s"}, {})
    assert made is not None
    assert made["webhook_secret"] == "s"
    assert len(made["verify_token"]) >= 24
    assert complete({"token": "new"}, made) == {**made, "token": "new"}
