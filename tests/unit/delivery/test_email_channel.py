"""Email's adapter against the Postmark stand-in over a socket."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.email_threads import conversation_of_token
from libs.contracts.vocabulary import Channel
from libs.runtime.http_client import http_client
from libs.standins.postmark import PostmarkServer, PostmarkStandin
from services.delivery.adapters.email_channel import FILES_LIMIT, EmailChannel
from services.delivery.adapters.http_caller import HttpAnswer, HttpCaller
from services.delivery.adapters.postmark_errors import meaning
from services.delivery.domain.mail_thread import MailThread
from services.delivery.domain.outcomes import NotTried, Refused, Retry, Sent, Unclear
from tests.unit.delivery.build import connection
from tests.unit.delivery.channel_stage import HeldBlobs, Sending, files_of, picture

CREDENTIALS = {"token": "server-token", "webhook_secret": "hush"}
CONVERSATION = "0192f6c0a1b27c3d9e4f5a6b7c8d9e0f-0a07"


@pytest.fixture(scope="module")
async def standin() -> AsyncIterator[PostmarkStandin]:
    async with PostmarkStandin.running() as running:
        yield running


@pytest.fixture
async def server(standin: PostmarkStandin) -> AsyncIterator[PostmarkServer]:
    yield standin.register({"server_id": 77, "token": CREDENTIALS["token"], "senders": ["desk.test"]})
    await standin.reset()


@pytest.fixture
def blobs() -> HeldBlobs:
    return HeldBlobs({("acc-1", "f1"): b"png-bytes"})


@pytest.fixture
async def send(standin: PostmarkStandin, server: PostmarkServer, blobs: HeldBlobs) -> AsyncIterator[Sending]:
    async with http_client(timeout=0.3) as client:
        channel = EmailChannel(
            HttpCaller(client, limit=0.3), files_of(blobs), default_base=standin.base_url + "/"
        )
        made = connection(
            channel=Channel.EMAIL,
            name="Kettle, support",
            credentials=CREDENTIALS,
            settings={"from_email": "help@desk.test"},
        )
        yield Sending(channel, made, "jo@sample.test")


def headers_of(mail: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in mail["Headers"]}


async def test_an_answer_stands_in_its_thread(send: Sending, server: PostmarkServer) -> None:
    thread = MailThread(("j1@sample.test", "m-80", "j2@sample.test"), "j2@sample.test", "RE: Kettle")
    outcome = await send(
        "Shipped <today>.\n\nBye\nAna", message_id="m-81", conversation_id=CONVERSATION, thread=thread
    )
    [sent] = server.sent.after()
    assert outcome == Sent((sent.message_id, f"m-81.{CONVERSATION}@desk.test"))
    mail = sent.request
    assert headers_of(mail) == {
        "Message-ID": f"<m-81.{CONVERSATION}@desk.test>",
        "X-PM-KeepID": "true",
        "In-Reply-To": "<j2@sample.test>",
        "References": f"<j1@sample.test> <m-80.{CONVERSATION}@desk.test> <j2@sample.test>",
    }
    assert mail["From"] == '"Kettle, support" <help@desk.test>'
    assert (mail["Subject"], mail["TextBody"]) == ("Re: Kettle", "Shipped <today>.\n\nBye\nAna")
    assert mail["HtmlBody"] == "<p>Shipped &lt;today&gt;.</p><p>Bye<br>Ana</p>"
    assert mail["Metadata"] == {"mid": "m-81", "cid": CONVERSATION}
    local, _, domain = mail["ReplyTo"].partition("@")
    assert domain == "desk.test"
    token = local.removeprefix("help+")
    assert conversation_of_token(token, "conn-1", "hush") == CONVERSATION


async def test_the_first_mail_answers_nothing_and_has_its_own_subject(
    send: Sending, server: PostmarkServer
) -> None:
    await send(subject="Your order\r\nBcc: all@sample.test")
    mail = server.sent.after()[-1].request
    assert mail["Subject"] == "Your order Bcc: all@sample.test"
    assert "In-Reply-To" not in headers_of(mail)
    await send()
    assert server.sent.after()[-1].request["Subject"] == "Kettle, support"


async def test_html_is_made_harmless(send: Sending, server: PostmarkServer) -> None:
    await send("Hi", body_html="<p onclick=x()>Hi<script>x()</script><img src=x onerror=y></p>")
    html = server.sent.after()[-1].request["HtmlBody"]
    assert html == '<p>Hi<img src="x"></p>'


async def test_tracking_stream_tag_and_inbound_address_are_the_connection_s(
    send: Sending, server: PostmarkServer
) -> None:
    settings = {
        "from_email": "help@desk.test",
        "from_name": "Ana",
        "reply_mailbox": "in@inbound.desk.test",
        "track_opens": True,
        "track_links": True,
        "tag": "support",
    }
    send.connection = replace(send.connection, settings=settings)
    await send(conversation_id=CONVERSATION)
    mail = server.sent.after()[-1].request
    assert (mail["From"], mail["TrackOpens"], mail["TrackLinks"], mail["Tag"]) == (
        "Ana <help@desk.test>",
        True,
        "HtmlAndText",
        "support",
    )
    assert mail["ReplyTo"].startswith("in+")
    assert mail["ReplyTo"].endswith("@inbound.desk.test")


async def test_files_go_along_until_they_are_too_large(
    send: Sending, server: PostmarkServer, blobs: HeldBlobs
) -> None:
    assert isinstance(await send("", attachments=(picture(),)), Sent)
    assert server.sent.after()[-1].request["Attachments"][0]["Name"] == "lid.png"
    blobs.held["acc-1", "f2"] = b"x" * (FILES_LIMIT - 4)
    both = await send("", attachments=(picture(), picture(file_id="f2")))
    assert isinstance(both, Refused)
    assert both.code == "file_too_large"
    blobs.away = True
    assert await send("", attachments=(picture(),)) == NotTried("unavailable", 2)


@pytest.mark.parametrize(
    ("content", "changes", "code"),
    [
        (" ", {}, "empty_message"),
        ("hi", {"target": "no address"}, "address_invalid"),
        ("hi", {"target": "a@b.test, c@d.test"}, "address_invalid"),
    ],
)
async def test_mails_that_are_not_even_tried(
    send: Sending, server: PostmarkServer, content: str, changes: dict[str, Any], code: str
) -> None:
    outcome = await send(content, **changes)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert server.calls.after() == []


@pytest.mark.parametrize(
    ("fault", "code", "disconnects"),
    [
        ({"kind": "unauthorized"}, "unauthorized", True),
        ({"kind": "inactive"}, "recipient_inactive", False),
        ({"kind": "inactive", "status": 406}, "recipient_inactive", False),
        ({"kind": "error", "code": 400}, "sender_not_verified", True),
        ({"kind": "error", "code": 405}, "out_of_credits", True),
        ({"kind": "error", "code": 411}, "attachment_forbidden", False),
        ({"kind": "error", "code": 413}, "account_may_not_send", True),
        ({"kind": "error", "code": 300, "status": 413}, "too_large", False),
        ({"kind": "error", "code": 300, "message": "Invalid 'To' address"}, "address_invalid", False),
        ({"kind": "error", "code": 300, "message": "Metadata"}, "invalid_mail", False),
        ({"kind": "error", "code": 9999}, "refused", False),
    ],
)
async def test_what_is_refused_for_good(
    send: Sending, server: PostmarkServer, fault: dict[str, Any], code: str, disconnects: bool
) -> None:
    server.add_fault(**fault)
    outcome = await send()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.disconnects) == (code, disconnects)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit", "retry_after": 3}, Retry("rate_limited", 3.0, rate_limited=True)),
        ({"kind": "server_error"}, Retry("platform_error")),
        ({"kind": "maintenance"}, Retry("platform_error")),
        ({"kind": "bad_gateway"}, Retry("platform_error")),
        ({"kind": "reset"}, Unclear("the connection was lost before the answer")),
        ({"kind": "hang", "accepted": True}, Unclear("no answer in time")),
    ],
)
async def test_what_may_work_later_and_what_nobody_can_tell(
    send: Sending, server: PostmarkServer, fault: dict[str, Any], expected: Any
) -> None:
    server.add_fault(**fault)
    assert await send() == expected


@pytest.mark.parametrize("fault", [{"kind": "delayed"}, {"kind": "partly_inactive"}])
async def test_odd_successes_are_successes(
    send: Sending, server: PostmarkServer, fault: dict[str, Any]
) -> None:
    server.add_fault(**fault)
    assert isinstance(await send(), Sent)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (HttpAnswer(200, None), Unclear("the answer is not one of Postmark's")),
        (HttpAnswer(504, None), Unclear("a proxy got no answer from Postmark")),
        (HttpAnswer(401, None), Refused("unauthorized", "HTTP 401", disconnects=True)),
        (HttpAnswer(413, None), Refused("too_large", "HTTP 413")),
        (HttpAnswer(404, None), Refused("unexpected_answer", "HTTP 404")),
    ],
)
def test_answers_that_are_not_postmark_s(answer: HttpAnswer, expected: Any) -> None:
    assert meaning(answer) == expected


async def test_connecting_asks_for_the_server(send: Sending, server: PostmarkServer) -> None:
    connect = send.channel.connect
    assert await connect(send.connection) == {"server_id": "77"}
    for fault, code in (
        ({"kind": "unauthorized"}, "unauthorized"),
        ({"kind": "server_error"}, "platform_error"),
        ({"kind": "reset"}, "unreachable"),
    ):
        rule = server.add_fault(**fault)
        found = await connect(send.connection)
        assert isinstance(found, Refused)
        assert found.code == code
        server.faults.remove(rule)
    homeless = replace(send.connection, settings={"from_email": "a\r\n@b.test"})
    assert await connect(homeless) == Refused("misconfigured", "from_email is no mailbox")
    send.connection = homeless
    outcome = await send()
    assert isinstance(outcome, Refused)
    assert outcome.disconnects


def test_credentials_need_a_token_and_get_a_secret(send: Sending) -> None:
    complete = send.channel.complete
    assert complete({}, {}) is None
    assert complete({"token": "t", "webhook_secret": "sp ace"}, {}) is None
    made = complete({"token": "t"}, {})
    assert made is not None
    assert len(made["webhook_secret"]) >= 32
    assert complete({"token": "t"}, made) == made
