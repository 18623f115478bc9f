"""The Postmark stand-in over a real socket, as a service's own code calls it and is called by it."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.standins.errors import StandinError
from libs.standins.postmark import PostmarkServer, PostmarkStandin
from tests.unit.standins.hooks import Hook

TOKEN = "server-token"
MAIL = {
    "From": "Desk <help@desk.test>",
    "To": "jo@sample.test",
    "Subject": "Re: Kettle",
    "TextBody": "Shipped.",
}


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[PostmarkStandin]:
    async with PostmarkStandin.running(speed_up=100_000) as standin:
        yield standin


@pytest.fixture
async def server(running: PostmarkStandin, hook: Hook) -> AsyncIterator[PostmarkServer]:
    yield running.register(
        {
            "server_id": 77,
            "token": TOKEN,
            "senders": ["desk.test", "one@other.test"],
            "inbound_url": hook.url.replace("http://", "http://parley:s3cret@"),
            "tracking_url": hook.url,
            "headers": {"X-Hook": "tracking"},
        }
    )
    await running.reset()


@pytest.fixture
async def api(running: PostmarkStandin) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-Postmark-Server-Token": TOKEN, "Accept": "application/json"}
    async with httpx.AsyncClient(
        base_url=running.base_url, headers=headers, timeout=5, trust_env=False
    ) as client:
        yield client


async def send(api: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await api.post("/email", json={**MAIL, **more})


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["ErrorCode"]


async def test_a_mail_is_accepted_and_its_delivery_told(
    api: httpx.AsyncClient, server: PostmarkServer, hook: Hook
) -> None:
    accepted = (await send(api, Metadata={"mid": "m-81"}, Tag="t")).json()
    assert (accepted["ErrorCode"], accepted["Message"], accepted["To"]) == (0, "OK", "jo@sample.test")
    [sent] = await server.wait_for_sent("jo@sample.test")
    assert (sent.message_id, sent.text) == (accepted["MessageID"], "Shipped.")
    [post] = await hook.wait_for(1)
    event = json.loads(post.body)
    assert (event["RecordType"], event["MessageID"], event["Metadata"]) == (
        "Delivery",
        accepted["MessageID"],
        {"mid": "m-81"},
    )
    assert post.headers["x-hook"] == "tracking"


async def test_a_mail_to_us_comes_with_basic_credentials_and_its_plus_part(
    server: PostmarkServer, hook: Hook
) -> None:
    content = base64.b64encode(b"png").decode()
    posting = server.people.write(
        {
            "from": "Jo@sample.test",
            "name": "Jo",
            "to": "help+t_9f2k@desk.test",
            "subject": "Re: Kettle",
            "text": "Green, bitte größer.",
            "in_reply_to": "<a@desk.test>",
            "references": "<r@x> <a@desk.test>",
            "message_id": "<j2@sample.test>",
            "headers": {"Auto-Submitted": "auto-replied"},
            "cc": ["cc@sample.test"],
            "attachments": [{"name": "lid.png", "content_base64": content, "content_type": "image/png"}],
        }
    )
    assert await posting.wait(5)
    [post] = hook.posts
    mail = json.loads(post.body)
    assert post.headers["authorization"] == "Basic " + base64.b64encode(b"parley:s3cret").decode()
    assert (mail["MailboxHash"], mail["OriginalRecipient"]) == ("t_9f2k", "help+t_9f2k@desk.test")
    headers = {one["Name"]: one["Value"] for one in mail["Headers"]}
    assert headers["Message-ID"] == "<j2@sample.test>"
    assert headers["References"] == "<r@x> <a@desk.test>"
    assert headers["Auto-Submitted"] == "auto-replied"
    assert mail["Attachments"][0]["ContentLength"] == 3
    assert "RecordType" not in mail


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"From": "x@unknown.test"}, 422, 400),
        ({"To": ""}, 422, 300),
        ({"To": "not an address"}, 422, 300),
        ({"To": 7}, 422, 402),
        ({"Bcc": ",".join(f"p{n}@sample.test" for n in range(50))}, 422, 300),
        ({"TextBody": ""}, 422, 300),
        ({"TextBody": "x" * (5 * 1_048_576 + 1)}, 422, 300),
        ({"Tag": "x" * 1001}, 422, 300),
        ({"TrackLinks": "All"}, 422, 300),
        ({"MessageStream": "broadcast"}, 422, 1235),
        ({"Metadata": {"k" * 21: "v"}}, 422, 300),
        ({"Metadata": {"k": "v" * 81}}, 422, 300),
        ({"Metadata": {"k": 1}}, 422, 300),
        ({"Headers": [{"Name": "X"}]}, 422, 300),
        ({"Attachments": [{"Name": "a"}]}, 422, 300),
        ({"Attachments": [{"Name": "a.exe", "Content": "", "ContentType": "x"}]}, 422, 411),
        ({"Attachments": [{"Name": "a", "Content": "?", "ContentType": "x"}]}, 422, 300),
        (
            {"Attachments": [{"Name": "a", "Content": "AAAA" * 2_700_000, "ContentType": "x"}]},
            413,
            300,
        ),
    ],
)
async def test_what_postmark_would_refuse_is_refused(
    api: httpx.AsyncClient, server: PostmarkServer, more: dict[str, Any], status: int, code: int
) -> None:
    assert code_of(await send(api, **more)) == (status, code)
    assert server.sent.after() == []


async def test_tokens_headers_and_bodies_that_are_wrong(
    api: httpx.AsyncClient, server: PostmarkServer, running: PostmarkStandin
) -> None:
    for token in ("", "other"):
        answer = await api.post("/email", json=MAIL, headers={"X-Postmark-Server-Token": token})
        assert code_of(answer) == (401, 10)
    assert running.api.strangers.after()[-1].request == {}
    assert code_of(await api.post("/email", json=MAIL, headers={"Accept": "text/html"})) == (422, 409)
    json_type = {"Content-Type": "application/json"}
    assert code_of(await api.post("/email", content="{}", headers={"Content-Type": "text/plain"})) == (
        422,
        409,
    )
    assert code_of(await api.post("/email", content="{", headers=json_type)) == (422, 402)
    assert code_of(await api.post("/email", content="[]", headers=json_type)) == (422, 403)
    assert (await api.get("/email")).status_code == 404
    assert (await api.get("/server")).json()["ID"] == 77


async def test_the_test_token_checks_and_sends_nothing(
    api: httpx.AsyncClient, server: PostmarkServer
) -> None:
    test = {"X-Postmark-Server-Token": "POSTMARK_API_TEST"}
    assert (await api.post("/email", json=MAIL, headers=test)).json()["Message"] == "Test job accepted"
    assert server.sent.after() == []


async def test_a_batch_answers_item_by_item(api: httpx.AsyncClient, server: PostmarkServer) -> None:
    answer = await api.post("/email/batch", json=[MAIL, {**MAIL, "TextBody": ""}, "x"])
    assert [one["ErrorCode"] for one in answer.json()] == [0, 300, 403]
    assert code_of(await api.post("/email/batch", json=[MAIL] * 501)) == (422, 410)
    assert code_of(await api.post("/email/batch", json={})) == (422, 403)


async def test_suppressed_addresses(api: httpx.AsyncClient, server: PostmarkServer) -> None:
    server.people.suppress({"address": "Gone@sample.test", "suppressed": True})
    assert code_of(await send(api, To="gone@sample.test")) == (422, 406)
    partly = (await send(api, To="gone@sample.test, jo@sample.test")).json()
    assert "gone@sample.test" in partly["Message"]
    server.people.suppress({"address": "gone@sample.test", "suppressed": False})
    assert (await send(api, To="gone@sample.test")).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "rate_limit", "retry_after": 3}, 429, 429),
        ({"kind": "server_error"}, 500, 500),
        ({"kind": "maintenance"}, 503, 100),
        ({"kind": "unauthorized"}, 401, 10),
        ({"kind": "inactive"}, 422, 406),
        ({"kind": "inactive", "status": 406}, 406, 406),
        ({"kind": "error", "code": 405}, 422, 405),
    ],
)
async def test_faults_that_refuse(
    api: httpx.AsyncClient, server: PostmarkServer, fault: dict[str, Any], status: int, code: int
) -> None:
    server.add_fault(**fault)
    answer = await send(api)
    assert code_of(answer) == (status, code)
    assert answer.headers.get("retry-after") == ("3" if "retry_after" in fault else None)
    assert server.sent.after() == []


@pytest.mark.parametrize("accepted", [False, True])
async def test_faults_before_and_after_acceptance(
    api: httpx.AsyncClient, server: PostmarkServer, accepted: bool
) -> None:
    server.add_fault("bad_gateway", accepted=accepted, times=1)
    server.add_fault("reset", accepted=accepted)
    assert (await send(api)).headers["content-type"] == "text/html"
    with pytest.raises(httpx.ReadError):
        await send(api)
    assert len(server.sent.after()) == 2 * accepted


async def test_faults_that_answer_200(api: httpx.AsyncClient, server: PostmarkServer, hook: Hook) -> None:
    server.add_fault("delayed", calls=[1])
    server.add_fault("partly_inactive", calls=[2], addresses=["x@sample.test"])
    server.add_fault("bounce_later", calls=[3], type="SoftBounce")
    assert "ErrorCode" not in (await send(api)).json()
    assert "x@sample.test" in (await send(api)).json()["Message"]
    message_id = (await send(api)).json()["MessageID"]
    events = [json.loads(post.body) for post in await hook.wait_for(3)]
    [bounce] = [event for event in events if event["RecordType"] == "Bounce"]
    assert (bounce["MessageID"], bounce["Type"], bounce["Inactive"]) == (message_id, "SoftBounce", False)


async def test_a_hard_bounce_and_a_complaint_stop_further_mail(
    api: httpx.AsyncClient, server: PostmarkServer
) -> None:
    message_id = (await send(api)).json()["MessageID"]
    posting = server.people.event({"record_type": "SpamComplaint", "message_id": message_id})
    assert await posting.wait(5)
    assert code_of(await send(api)) == (422, 406)
    for record in ("Open", "Click", "SubscriptionChange", "Bounce"):
        assert await server.people.event({"record_type": record, "message_id": message_id}).wait(5)
    with pytest.raises(StandinError):
        server.people.event({"record_type": "Lost", "message_id": message_id})


async def test_ten_more_posts_until_200_and_none_after_403(server: PostmarkServer, hook: Hook) -> None:
    mail = {"from": "jo@sample.test", "to": "help@desk.test", "subject": "s", "text": "t"}
    hook.script = [202, 500, 204]
    posting = server.people.write(mail)
    assert await posting.wait(5)
    assert [one.status for one in posting.attempts] == [202, 500, 204, 200]
    hook.script = [403]
    refused = server.people.write(mail)
    assert await refused.wait(5)
    assert (refused.state, len(refused.attempts)) == ("given_up", 1)
    hook.script = [500] * 11
    lost = server.people.write(mail)
    assert await lost.wait(5)
    assert (lost.state, len(lost.attempts)) == ("given_up", 11)


async def test_an_event_can_come_to_the_wrong_hook(server: PostmarkServer, hook: Hook) -> None:
    posting = server.people.payload({"hook": "inbound", "payload": {"RecordType": "Delivery"}})
    assert await posting.wait(5)
    assert "authorization" in hook.posts[0].headers
    for body in ({"hook": "other", "payload": {}}, {"hook": "inbound"}):
        with pytest.raises(StandinError):
            server.people.payload(body)


@pytest.mark.parametrize(
    "attachment", [{"name": "a", "content_base64": "?"}, "x", {"content_base64": "AAAA"}]
)
def test_mails_that_cannot_be_written(server: PostmarkServer, attachment: Any) -> None:
    with pytest.raises(StandinError):
        server.people.write({"from": "a@b.test", "to": "c@d.test", "attachments": [attachment]})


async def test_a_server_without_webhooks_still_sends(
    running: PostmarkStandin, api: httpx.AsyncClient
) -> None:
    quiet = running.register({"server_id": "78", "token": TOKEN, "senders": ["desk.test"], "events": []})
    assert (await send(api)).status_code == 200
    assert len(quiet.sent.after()) == 1
    assert quiet.as_json() == {"senders": ["desk.test"], "events": [], "suppressed": []}
    with pytest.raises(StandinError):
        quiet.people.write({"from": "a@b.test", "to": "c@d.test"})
    with pytest.raises(StandinError):
        running.register({"server_id": "x", "token": "t"})
    await running.reset()
