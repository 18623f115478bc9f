"""Chatwoot's adapter against the stand-in over a socket: both flows, every fault."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from libs.contracts.vocabulary import Channel
from libs.runtime.http_client import http_client
from libs.standins.chatwoot import ChatwootAccount, ChatwootStandin
from services.delivery.adapters.chatwoot_api import ChatwootApi
from services.delivery.adapters.chatwoot_channel import AGENT_INITIATED, WEBHOOK_FLOW, ChatwootChannel
from services.delivery.adapters.chatwoot_errors import meaning
from services.delivery.adapters.http_caller import HttpAnswer, HttpCaller
from services.delivery.domain.outcomes import NotTried, Refused, Retry, Sent, Unclear
from tests.unit.delivery.build import connection
from tests.unit.delivery.channel_stage import HeldBlobs, Sending, files_of, picture

CREDENTIALS = {"token": "user-token", "webhook_secret": "hush"}


@pytest.fixture(scope="module")
async def standin() -> AsyncIterator[ChatwootStandin]:
    async with ChatwootStandin.running() as running:
        yield running


@pytest.fixture
async def account(standin: ChatwootStandin) -> AsyncIterator[ChatwootAccount]:
    yield standin.register({"account_id": 3, "token": CREDENTIALS["token"], "bot_token": "bot-token"})
    await standin.reset()


@pytest.fixture
def conversation(account: ChatwootAccount) -> int:
    contact = account.state.add_contact(name="Jo", email="jo@sample.test")
    return account.state.add_conversation(contact, 12, "pending").id


@pytest.fixture
def blobs() -> HeldBlobs:
    return HeldBlobs({("acc-1", "f1"): b"png-bytes"})


@pytest.fixture
def flows() -> list[str]:
    return []


@pytest.fixture
async def send(
    standin: ChatwootStandin, conversation: int, blobs: HeldBlobs, flows: list[str]
) -> AsyncIterator[Sending]:
    async with http_client(timeout=0.3) as client:
        channel = ChatwootChannel(ChatwootApi(HttpCaller(client, limit=0.3)), files_of(blobs), flows.append)
        made = connection(
            channel=Channel.CHATWOOT,
            credentials=CREDENTIALS,
            settings={"api_base_url": standin.base_url, "account_id": 3, "inbox_id": 12},
        )
        yield Sending(channel, made, f"3/{conversation}")


def operations(account: ChatwootAccount) -> list[str]:
    return [call.operation for call in account.calls.after()]


async def test_a_reply_goes_straight_to_its_conversation_in_one_request(
    send: Sending, account: ChatwootAccount, conversation: int, flows: list[str]
) -> None:
    with capture_logs() as logs:
        outcome = await send("It ships tonight.", message_id="m1", reply_to_external="9101")
    [sent] = account.sent.after()
    assert outcome == Sent((sent.message_id,))
    assert sent.request == {
        "content": "It ships tonight.",
        "message_type": "outgoing",
        "private": False,
        "content_attributes": {"parley_message_id": "m1", "in_reply_to": 9101},
    }
    assert operations(account) == ["send_message"]
    assert [line["event"] for line in logs] == [f"Using existing conversation_id={conversation}"]
    assert flows == [WEBHOOK_FLOW]


@pytest.mark.parametrize("suffix", ["/", "//", "/app/accounts/3", "/api/v1", "/api/v1/accounts/3/"])
async def test_any_form_of_the_installation_s_address_is_the_same(
    send: Sending, standin: ChatwootStandin, conversation: int, suffix: str
) -> None:
    settings = {**send.connection.settings, "api_base_url": standin.base_url + suffix}
    send.connection = replace(send.connection, settings=settings)
    assert isinstance(await send(target=str(conversation)), Sent)


async def test_files_go_along(send: Sending, account: ChatwootAccount, blobs: HeldBlobs) -> None:
    blobs.held["acc-1", "f2"] = b"pdf"
    both = (picture(), picture(file_id="f2", filename="a.pdf", content_type="application/pdf"))
    assert isinstance(await send("see these", message_id="m1", attachments=both), Sent)
    request = account.sent.after()[-1].request
    assert request["attachments[]"] == [
        {"file_name": "lid.png", "file_size": 9},
        {"file_name": "a.pdf", "file_size": 3},
    ]
    assert request["content"] == "see these"
    assert json.loads(request["content_attributes"]) == {"parley_message_id": "m1"}
    blobs.away = True
    assert await send("", attachments=both) == NotTried("unavailable", 2)


async def test_nothing_is_sent_without_content(send: Sending, account: ChatwootAccount) -> None:
    assert await send(" ") == Refused("empty_message", "there is nothing to send")
    assert operations(account) == []


async def test_a_conversation_that_chatwoot_does_not_know_is_a_lasting_failure(
    send: Sending, account: ChatwootAccount, conversation: int
) -> None:
    database_id = account.state.conversations[conversation].database_id
    with capture_logs() as logs:
        outcome = await send(target=f"3/{database_id}")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.disconnects) == ("conversation_missing", False)
    assert ("error", "conversation not known to Chatwoot") in {
        (one["log_level"], one["event"]) for one in logs
    }
    assert operations(account) == ["send_message"]


async def test_unless_the_connection_is_to_find_or_create(
    send: Sending, account: ChatwootAccount, flows: list[str]
) -> None:
    send.connection = replace(
        send.connection, settings={**send.connection.settings, "on_missing": "find_or_create"}
    )
    outcome = await send(target="3/1", contact_id="contact-9")
    assert isinstance(outcome, Sent)
    [made] = [one for one in account.state.contacts.values() if one.identifier == "contact-9"]
    [begun] = [one for one in account.state.conversations.values() if one.contact is made]
    assert outcome.moved_to == f"3/{begun.id}"
    assert flows == [WEBHOOK_FLOW, AGENT_INITIATED]
    assert isinstance(await send(target="3/1", contact_id=""), Refused)


@pytest.mark.parametrize(
    ("to", "name"), [("New@sample.test", "email"), ("+4915550001122", "phone_number"), ("u-7", "identifier")]
)
async def test_a_conversation_that_an_agent_starts_is_begun(
    send: Sending, account: ChatwootAccount, flows: list[str], to: str, name: str
) -> None:
    outcome = await send("Hello", target=to)
    assert isinstance(outcome, Sent)
    assert operations(account) == ["search_contacts", "create_contact", "create_conversation", "send_message"]
    made = list(account.state.contacts.values())[-1]
    assert getattr(made, name) == to.lower()
    assert outcome.moved_to == f"3/{list(account.state.conversations)[-1]}"
    assert flows == [AGENT_INITIATED]


async def test_somebody_who_is_known_is_found_by_the_very_same_address(
    send: Sending, account: ChatwootAccount
) -> None:
    account.state.add_contact(name="Not Jo", email="jo@sample.test.example")
    assert isinstance(await send(target="jo@sample.test"), Sent)
    assert operations(account) == ["search_contacts", "create_conversation", "send_message"]
    for number in range(20):
        account.state.add_contact(email=f"many{number}@sample.test")
    assert isinstance(await send(target="many19@sample.test"), Sent)
    assert operations(account)[3:] == [
        "search_contacts",
        "link_contact",
        "create_conversation",
        "send_message",
    ]


async def test_with_one_conversation_a_contact_the_one_that_is_there_is_taken(
    standin: ChatwootStandin, send: Sending, conversation: int
) -> None:
    standin.register({"account_id": 3, "lock_to_single": True})
    outcome = await send(target="jo@sample.test")
    assert isinstance(outcome, Sent)
    assert outcome.moved_to == f"3/{conversation}"


@pytest.mark.parametrize("step", ["search_contacts", "create_contact", "create_conversation", "link_contact"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "reset"}, Retry("platform_error")),
        ({"kind": "html"}, Retry("platform_error")),
        ({"kind": "server_error"}, Retry("platform_error")),
        ({"kind": "rate_limit", "retry_after": 4}, Retry("rate_limited", 4.0, rate_limited=True)),
        ({"kind": "error", "status": 402, "error": "limit"}, Refused("plan_limit", "limit")),
    ],
)
async def test_a_step_that_fails_before_the_message_shows_nobody_anything(
    send: Sending, account: ChatwootAccount, step: str, fault: dict[str, Any], expected: Any
) -> None:
    to = "new@sample.test"
    if step == "link_contact":
        account.state.add_contact(email=to)
    account.add_fault(methods=[step], **fault)
    assert await send(target=to) == expected
    assert account.sent.after() == []


@pytest.mark.parametrize("step", ["create_contact", "create_conversation"])
async def test_answers_without_what_is_needed(send: Sending, account: ChatwootAccount, step: str) -> None:
    account.add_fault("error", methods=[step], status=200)
    assert (await send(target="new@sample.test")).code == "unexpected_answer"  # type: ignore[union-attr]


async def test_a_connection_without_an_inbox_starts_nothing(send: Sending, account: ChatwootAccount) -> None:
    settings = {name: value for name, value in send.connection.settings.items() if name != "inbox_id"}
    send.connection = replace(send.connection, settings=settings)
    assert (await send(target="new@sample.test")).code == "misconfigured"  # type: ignore[union-attr]
    assert operations(account) == []


@pytest.mark.parametrize(
    ("fault", "code", "disconnects"),
    [
        ({"kind": "unauthorized"}, "unauthorized", True),
        ({"kind": "unauthorized", "body": "missing"}, "unauthorized", True),
        ({"kind": "unauthorized", "body": "account"}, "unauthorized", True),
        ({"kind": "conversation_gone"}, "conversation_missing", False),
        ({"kind": "error", "status": 402}, "plan_limit", False),
        ({"kind": "error", "status": 403}, "forbidden", False),
        ({"kind": "error", "status": 422}, "invalid_message", False),
        ({"kind": "error", "status": 409}, "refused", False),
    ],
)
async def test_what_is_refused_for_good(
    send: Sending, account: ChatwootAccount, fault: dict[str, Any], code: str, disconnects: bool
) -> None:
    account.add_fault(**fault)
    outcome = await send()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.disconnects) == (code, disconnects)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit"}, Retry("rate_limited", rate_limited=True)),
        ({"kind": "too_many_messages"}, Retry("too_many_messages", 30.0, this_alone=True)),
        ({"kind": "server_error"}, Retry("platform_error")),
        ({"kind": "bad_gateway"}, Retry("platform_error")),
        ({"kind": "html"}, Unclear("the answer is not one of Chatwoot's")),
        ({"kind": "reset", "accepted": True}, Unclear("the connection was lost before the answer")),
        ({"kind": "hang", "accepted": True}, Unclear("no answer in time")),
        ({"kind": "error", "status": 200}, Unclear("Chatwoot answered without a message id")),
    ],
)
async def test_what_may_work_later_and_what_nobody_can_tell(
    send: Sending, account: ChatwootAccount, fault: dict[str, Any], expected: Any
) -> None:
    account.add_fault(**fault)
    assert await send() == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (HttpAnswer(504, None), Unclear("a proxy got no answer from Chatwoot")),
        (
            HttpAnswer(404, None),
            Refused("misconfigured", "HTTP 404, not from Chatwoot's API", disconnects=True),
        ),
        (HttpAnswer(422, {"message": "taken"}), Refused("invalid_message", "taken")),
    ],
)
def test_answers_of_other_forms(answer: HttpAnswer, expected: Any) -> None:
    assert meaning(answer) == expected


async def test_an_address_that_is_none_breaks_the_connection_off(send: Sending) -> None:
    for settings in ({}, {"api_base_url": "http://127.0.0.1:9", "account_id": "x"}):
        send.connection = replace(send.connection, settings=settings)
        outcome = await send(target="77")
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.disconnects) == ("misconfigured", True)


async def test_connecting_tells_known_tokens_from_others(send: Sending, account: ChatwootAccount) -> None:
    connect = send.channel.connect
    assert await connect(send.connection) == {}
    account.add_fault("unauthorized", body="account", times=1)
    assert await connect(replace(send.connection, credentials={**CREDENTIALS, "token": "bot-token"})) == {}
    other = await connect(replace(send.connection, credentials={**CREDENTIALS, "token": "other"}))
    assert isinstance(other, Refused)
    assert other.code == "unauthorized"
    for fault, code in (
        ("server_error", "platform_error"),
        ("reset", "unexpected_answer"),
        ("html", "unexpected_answer"),
    ):
        account.faults.clear()
        account.add_fault(fault)
        found = await connect(send.connection)
        assert isinstance(found, Refused)
        assert found.code == code


def test_credentials_need_a_token_and_get_a_secret(send: Sending) -> None:
    complete = send.channel.complete
    assert complete({}, {}) is None
    made = complete({"token": "t"}, {})
    assert made is not None
    assert len(made["webhook_secret"]) >= 32
    assert complete({"token": "t"}, made) == made


@pytest.mark.parametrize("status", ["open", "pending", "resolved"])
async def test_a_status_is_set_there(
    send: Sending, account: ChatwootAccount, conversation: int, status: str
) -> None:
    assert await send("", status_there=status) == Sent(())
    assert account.state.conversations[conversation].status == status
    assert operations(account) == ["toggle_status"]


async def test_a_status_may_be_set_again_after_a_lost_answer(send: Sending, account: ChatwootAccount) -> None:
    account.add_fault("hang", times=1)
    assert isinstance(await send("", status_there="open"), Retry)
    assert await send("", status_there="open") == Sent(())


async def test_a_status_of_nothing_that_is_there_is_not_set(send: Sending, account: ChatwootAccount) -> None:
    assert await send("", target="jo@sample.test", status_there="open") == Sent(())
    send.connection = replace(send.connection, settings={**send.connection.settings, "answer_open": True})
    assert await send("", status_there="pending") == Sent(())
    assert operations(account) == []
    missing = await send("", target="3/1", status_there="open")
    assert isinstance(missing, Refused)
    assert missing.code == "conversation_missing"
