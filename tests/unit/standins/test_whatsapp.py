"""The WhatsApp stand-in over a real socket, as a service's own code calls it and is called by it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from libs.standins.app import StandinApp
from libs.standins.client import StandinClient, StandinClientError
from libs.standins.errors import StandinError
from libs.standins.server import serving
from libs.standins.whatsapp import WhatsAppNumber, WhatsAppStandin
from libs.standins.wire import Answer
from tests.unit.standins.hooks import Hook

INES = "351910000001"
TOKEN, SECRET = "EAAG-stand-in-token", "app-secret"
TEXT = {"messaging_product": "whatsapp", "to": INES, "type": "text", "text": {"body": "Sim."}}


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[WhatsAppStandin]:
    async with WhatsAppStandin.running(speed_up=10_000) as standin:
        yield standin


@pytest.fixture
async def whatsapp(running: WhatsAppStandin) -> AsyncIterator[WhatsAppStandin]:
    yield running
    await running.reset()


@pytest.fixture
def number(whatsapp: WhatsAppStandin, hook: Hook) -> WhatsAppNumber:
    made = whatsapp.register(
        {"phone_number_id": "70001", "token": TOKEN, "app_secret": SECRET, "webhook_url": hook.url}
    )
    made.people.set_window({"recipient": INES, "open": True})
    return made


@pytest.fixture
async def graph(whatsapp: WhatsAppStandin) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=f"{whatsapp.base_url}/v24.0", headers=headers, timeout=5, trust_env=False
    ) as client:
        yield client


async def send(graph: httpx.AsyncClient, body: Any = None, **more: Any) -> httpx.Response:
    return await graph.post("/70001/messages", json={**(TEXT if body is None else body), **more})


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_text_is_accepted_and_its_receipts_come_signed(
    graph: httpx.AsyncClient, number: WhatsAppNumber, hook: Hook
) -> None:
    answer = await send(graph, biz_opaque_callback_data="m-77")

    message_id = answer.json()["messages"][0]["id"]
    assert answer.json()["contacts"] == [{"input": INES, "wa_id": INES}]
    [sent] = await number.wait_for_sent(INES)
    assert (sent.message_id, sent.kind, sent.text) == (message_id, "text", "Sim.")
    posts = await hook.wait_for(2)
    for post in posts:
        digest = hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()
        assert post.headers["x-hub-signature-256"] == f"sha256={digest}"
    values = [json.loads(post.body)["entry"][0]["changes"][0]["value"] for post in posts]
    statuses = [value["statuses"][0] for value in values]
    assert {status["status"] for status in statuses} == {"sent", "delivered"}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"m-77"}
    assert {status["id"] for status in statuses} == {message_id}
    assert values[0]["metadata"]["phone_number_id"] == "70001"


async def test_what_a_person_writes_arrives_with_escapes_and_opens_the_window(
    graph: httpx.AsyncClient, number: WhatsAppNumber, hook: Hook
) -> None:
    number.people.set_window({"recipient": INES, "open": False})
    assert code_of(await send(graph)) == (400, 131047)

    posting = number.people.write({"from": INES, "text": "Olá, chegou?", "user_id": "PT.90017"})

    assert await posting.wait(5)
    assert posting.state == "acked"
    assert b"Ol\\u00e1" in hook.posts[0].body
    value = json.loads(hook.posts[0].body)["entry"][0]["changes"][0]["value"]
    assert value["messages"][0]["text"] == {"body": "Olá, chegou?"}
    assert value["contacts"][0]["user_id"] == value["messages"][0]["from_user_id"] == "PT.90017"
    assert (await send(graph)).status_code == 200


async def test_somebody_without_a_number_is_reached_by_their_user_id(
    graph: httpx.AsyncClient, number: WhatsAppNumber, hook: Hook
) -> None:
    await number.people.write({"user_id": "GB.55120", "text": "hi"}).wait(5)
    body = {name: value for name, value in TEXT.items() if name != "to"}
    answer = await send(graph, body, recipient="GB.55120")
    assert answer.json()["contacts"] == [{"input": "GB.55120", "user_id": "GB.55120"}]
    status = json.loads((await hook.wait_for(2))[1].body)["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert status["recipient_user_id"] == "GB.55120"
    assert "from" not in json.loads(hook.posts[0].body)["entry"][0]["changes"][0]["value"]["messages"][0]


BUTTON = {"type": "reply", "reply": {"id": "a", "title": "Yes"}}
ROW = {"id": "a", "title": "10:00"}


def interactive(**action: Any) -> dict[str, Any]:
    kind = "button" if "buttons" in action else "list"
    return {"type": kind, "body": {"text": "Pick"}, "action": action}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"messaging_product": "sms"}, 400, 100),
        ({"to": ""}, 400, 100),
        ({"recipient_type": "crowd"}, 400, 100),
        ({"type": "poll"}, 400, 100),
        ({"text": {"body": ""}}, 400, 131009),
        ({"text": {"body": "x" * 4097}}, 400, 131009),
        ({"text": "hi"}, 400, 131008),
        ({"image": {"id": "1"}}, 400, 131009),
        ({"context": {}}, 400, 131009),
        ({"biz_opaque_callback_data": "x" * 513}, 400, 131009),
        ({"to": "4930555010"}, 400, 131021),
        ({"type": "image", "image": {"id": "1"}}, 400, 131053),
        ({"type": "image", "image": {"id": "1", "link": "https://x"}}, 400, 131009),
        ({"type": "image", "image": {"link": "ftp://x"}}, 400, 131009),
        ({"type": "image", "image": {"link": "https://x", "caption": "x" * 1025}}, 400, 131009),
        ({"type": "image", "image": {"link": "https://x", "filename": "a"}}, 400, 131009),
        ({"type": "audio", "audio": {"link": "https://x", "caption": "x"}}, 400, 131009),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 400, 131009),
        ({"type": "contacts", "contacts": []}, 400, 131008),
        ({"type": "contacts", "contacts": [{"name": {}}]}, 400, 131009),
        ({"type": "reaction", "reaction": {"emoji": "x"}}, 400, 131009),
        ({"type": "interactive", "interactive": {"type": "button"}}, 400, 131008),
        ({"type": "interactive", "interactive": interactive(buttons=[BUTTON] * 4)}, 400, 131009),
        ({"type": "interactive", "interactive": interactive(buttons=[{}])}, 400, 131009),
        (
            {
                "type": "interactive",
                "interactive": interactive(button="Open", sections=[{"rows": [ROW] * 11}]),
            },
            400,
            131009,
        ),
        ({"type": "interactive", "interactive": interactive(button="x" * 21, sections=[])}, 400, 131009),
        ({"type": "interactive", "interactive": interactive(button="Open", sections=[])}, 400, 131009),
        ({"type": "interactive", "interactive": {**interactive(buttons=[BUTTON]), "type": "x"}}, 400, 131009),
        (
            {
                "type": "interactive",
                "interactive": {**interactive(buttons=[BUTTON]), "footer": {"text": "x" * 61}},
            },
            400,
            131009,
        ),
        ({"type": "template", "template": {"name": "a"}}, 400, 131008),
        ({"type": "template", "template": {"name": "a", "language": {"code": "pt_PT"}}}, 404, 132001),
        (
            {"type": "template", "template": {"name": "hello_world", "language": {"code": "pt_PT"}}},
            404,
            132001,
        ),
        (
            {
                "type": "template",
                "template": {"name": "hello_world", "language": {"code": "en_US"}, "components": ["x"]},
            },
            400,
            131009,
        ),
        (
            {
                "type": "template",
                "template": {
                    "name": "hello_world",
                    "language": {"code": "en_US"},
                    "components": [{"type": "body", "parameters": [{"type": "text", "text": "A"}]}],
                },
            },
            400,
            132000,
        ),
    ],
)
async def test_what_graph_would_refuse_is_refused(
    graph: httpx.AsyncClient, number: WhatsAppNumber, more: dict[str, Any], status: int, code: int
) -> None:
    body = dict(TEXT)
    if more.get("type", "text") != "text":
        del body["text"]
    assert code_of(await send(graph, body, **more)) == (status, code)
    assert number.sent.after() == []
    assert number.calls.after()[-1].outcome == "refused"


@pytest.mark.parametrize(
    "content",
    [
        {"type": "image", "image": {"link": "https://x/y.png", "caption": "lid"}},
        {"type": "document", "document": {"link": "https://x/y.pdf", "filename": "y.pdf"}},
        {"type": "location", "location": {"latitude": "38.7", "longitude": -9.1, "name": "Loja"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Rui"}}]},
        {"type": "reaction", "reaction": {"message_id": "wamid.A1", "emoji": ""}},
        {"type": "interactive", "interactive": interactive(buttons=[BUTTON])},
        {"type": "interactive", "interactive": interactive(button="Open", sections=[{"rows": [ROW]}])},
    ],
)
async def test_other_kinds_are_accepted(
    graph: httpx.AsyncClient, number: WhatsAppNumber, content: dict[str, Any]
) -> None:
    body = {"messaging_product": "whatsapp", "to": INES, "context": {"message_id": "wamid.A1"}, **content}
    assert (await send(graph, body)).status_code == 200


async def test_a_template_goes_out_whatever_the_window(
    graph: httpx.AsyncClient, whatsapp: WhatsAppStandin, number: WhatsAppNumber
) -> None:
    whatsapp.register(
        {"phone_number_id": "70001", "templates": {"ready": {"languages": ["pt_PT"], "parameters": 1}}}
    )
    number.people.set_window({"recipient": INES, "open": False})
    template = {
        "name": "ready",
        "language": {"code": "pt_PT"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "A-12"}]}],
    }
    body = {"messaging_product": "whatsapp", "to": INES, "type": "template", "template": template}
    assert (await send(graph, body)).status_code == 200


@pytest.mark.parametrize("token", [None, "Bearer other"])
async def test_a_wrong_token_is_refused_and_its_request_is_not_kept(
    whatsapp: WhatsAppStandin, graph: httpx.AsyncClient, number: WhatsAppNumber, token: str | None
) -> None:
    graph.headers.pop("authorization")
    answer = await graph.post("/70001/messages", json=TEXT, headers={"Authorization": token} if token else {})
    assert code_of(answer) == (401, 190)
    assert whatsapp.api.strangers.after()[-1].request == {}


async def test_paths_that_are_none(graph: httpx.AsyncClient, number: WhatsAppNumber) -> None:
    assert code_of(await graph.post("/99999/messages", json=TEXT)) == (400, 33)
    assert code_of(await graph.post("/70001/other", json=TEXT)) == (400, 100)
    assert code_of(await graph.post("/70001/messages", content=b"[")) == (400, 100)
    assert code_of(await graph.get("/123456")) == (400, 100)


async def test_the_number_can_be_asked_about_itself(graph: httpx.AsyncClient, number: WhatsAppNumber) -> None:
    assert (await graph.get("/70001", params={"fields": "display_phone_number"})).json() == {
        "id": "70001",
        "display_phone_number": "4930555010",
    }


async def test_read_marks(graph: httpx.AsyncClient, number: WhatsAppNumber) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A1"}
    assert (await send(graph, read)).json() == {"success": True}
    assert code_of(await send(graph, {**read, "message_id": ""})) == (400, 100)


async def test_media_goes_up_is_looked_up_and_comes_down_with_the_token_alone(
    graph: httpx.AsyncClient, number: WhatsAppNumber
) -> None:
    files = {"file": ("lid.png", b"png-bytes", "image/png")}
    data = {"messaging_product": "whatsapp", "type": "image/png"}
    media_id = (await graph.post("/70001/media", files=files, data=data)).json()["id"]
    found = (await graph.get(f"/{media_id}")).json()
    assert found["mime_type"] == "image/png"
    assert (await graph.get(found["url"])).content == b"png-bytes"
    assert (await graph.get(found["url"], headers={"Authorization": ""})).status_code == 401
    image = {"messaging_product": "whatsapp", "to": INES, "type": "image", "image": {"id": media_id}}
    assert (await send(graph, image)).status_code == 200
    assert code_of(await graph.post("/70001/media", files=files)) == (400, 100)
    large = {"file": ("s.webp", b"x" * 500_001, "image/webp")}
    answer = await graph.post(
        "/70001/media", files=large, data={"messaging_product": "whatsapp", "type": "image/webp"}
    )
    assert code_of(answer) == (400, 131053)


async def test_a_picture_that_a_person_sends_can_be_fetched(
    graph: httpx.AsyncClient, number: WhatsAppNumber, hook: Hook
) -> None:
    image = {"mime_type": "image/jpeg", "content_base64": base64.b64encode(b"jpeg").decode()}
    await number.people.write({"from": INES, "type": "image", "image": image}).wait(5)
    message = json.loads(hook.posts[0].body)["entry"][0]["changes"][0]["value"]["messages"][0]
    assert "content_base64" not in message["image"]
    found = (await graph.get(f"/{message['image']['id']}")).json()
    assert (await graph.get(found["url"])).content == b"jpeg"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "rate_limit"}, 400, 130429),
        ({"kind": "rate_limit", "code": 131056}, 400, 131056),
        ({"kind": "rate_limit", "code": 80007, "retry_after": 60}, 400, 80007),
        ({"kind": "server_error"}, 500, 131000),
        ({"kind": "unavailable"}, 503, 2),
        ({"kind": "unauthorized"}, 401, 190),
        ({"kind": "undeliverable"}, 400, 131026),
        ({"kind": "window_closed"}, 400, 131047),
        ({"kind": "error", "code": 368}, 403, 368),
        ({"kind": "error", "code": 131042, "status": 400, "details": "payment"}, 400, 131042),
    ],
)
async def test_faults_that_refuse(
    graph: httpx.AsyncClient, number: WhatsAppNumber, fault: dict[str, Any], status: int, code: int
) -> None:
    number.add_fault(**fault)
    answer = await send(graph)
    assert code_of(answer) == (status, code)
    assert answer.headers.get("retry-after") == ("60" if "retry_after" in fault else None)
    assert number.sent.after() == []
    assert number.calls.after()[-1].fault == fault["kind"]


async def test_faults_that_answer_200(graph: httpx.AsyncClient, number: WhatsAppNumber, hook: Hook) -> None:
    number.add_fault("no_messages", times=1)
    number.add_fault("other_wa_id", wa_id="5511900000000", calls=[2])
    number.add_fault("failed_later", code=131047, calls=[3])
    assert "messages" not in (await send(graph)).json()
    assert (await send(graph)).json()["contacts"][0]["wa_id"] == "5511900000000"
    message_id = (await send(graph)).json()["messages"][0]["id"]
    posts = await hook.wait_for(5)
    statuses = [json.loads(p.body)["entry"][0]["changes"][0]["value"]["statuses"][0] for p in posts]
    [failed] = [status for status in statuses if status["status"] == "failed"]
    assert (failed["id"], failed["errors"][0]["code"]) == (message_id, 131047)


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("kind", ["reset", "hang", "server_error", "bad_gateway"])
async def test_faults_before_and_after_the_message_was_accepted(
    graph: httpx.AsyncClient, number: WhatsAppNumber, kind: str, accepted: bool
) -> None:
    number.add_fault(kind, accepted=accepted, **({"seconds": 0.05} if kind == "hang" else {}))
    if kind in {"reset", "hang"}:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await send(graph)
    else:
        assert (await send(graph)).status_code >= 500
    assert len(number.sent.after()) == int(accepted)


async def test_latency_and_a_body_in_pieces(graph: httpx.AsyncClient, number: WhatsAppNumber) -> None:
    number.add_fault("latency", seconds=0.05)
    number.add_fault("slow_body", seconds=0.05)
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert "messages" in (await send(graph)).json()
    assert loop.time() - started >= 0.1


async def test_one_request_can_bring_its_own_fault(graph: httpx.AsyncClient, number: WhatsAppNumber) -> None:
    def header(text: str) -> dict[str, str]:
        return {"X-Standin-Fault": text}

    answer = await graph.post("/70001/messages", json=TEXT, headers=header('{"kind": "window_closed"}'))
    assert code_of(answer) == (400, 131047)
    late = await graph.post("/70001/messages", json=TEXT, headers=header('{"kind": "latency", "seconds": 0}'))
    assert late.status_code == 200
    for wrong in ("{", "[]", '{"kind": "nonsense"}', '{"kind": "error", "code": "x"}'):
        assert (await graph.post("/70001/messages", json=TEXT, headers=header(wrong))).status_code == 400


async def test_meta_posts_again_until_200_and_duplicates_on_demand(
    number: WhatsAppNumber, hook: Hook
) -> None:
    hook.script = [500, 202, 401]
    posting = number.people.write({"from": INES, "text": "hi"})
    assert await posting.wait(5)
    assert [attempt.status for attempt in posting.attempts] == [500, 202, 401, 200]
    copy = number.sender.duplicate(posting.seq)
    await copy.wait(5)
    assert hook.posts[-1].body == hook.posts[0].body


async def test_posts_can_overtake_each_other(number: WhatsAppNumber, hook: Hook) -> None:
    number.sender.hold()
    postings = [number.people.write({"from": INES, "text": str(one)}) for one in range(3)]
    number.sender.release(backwards=True)
    for posting in postings:
        await posting.wait(5)
    bodies = [json.loads(post.body)["entry"][0]["changes"][0]["value"]["messages"][0] for post in hook.posts]
    assert [body["text"]["body"] for body in bodies] == ["2", "1", "0"]


async def test_one_post_can_carry_messages_of_several_numbers(
    whatsapp: WhatsAppStandin, number: WhatsAppNumber, hook: Hook
) -> None:
    posting = number.people.write_batch(
        {
            "messages": [
                {"from": INES, "text": "a"},
                {"from": INES, "text": "b", "phone_number_id": "70002"},
                {"from": "4915550001122", "text": "c"},
            ]
        }
    )
    await posting.wait(5)
    changes = json.loads(hook.posts[0].body)["entry"][0]["changes"]
    by_number = {
        change["value"]["metadata"]["phone_number_id"]: len(change["value"]["messages"]) for change in changes
    }
    assert by_number == {"70001": 2, "70002": 1}


async def test_the_handshake(whatsapp: WhatsAppStandin, number: WhatsAppNumber, hook: Hook) -> None:
    def answer(query: str) -> Answer:
        given = {name: values[0] for name, values in parse_qs(query).items()}
        right = given["hub.verify_token"] == "verify-me"
        return Answer(200, given["hub.challenge"].encode(), b"text/plain") if right else Answer(403, b"")

    hook.get = answer
    with pytest.raises(StandinError):
        await whatsapp.verify_webhook("70001")
    whatsapp.register({"phone_number_id": "70001", "verify_token": "verify-me"})
    assert await whatsapp.verify_webhook("70001")
    whatsapp.register({"phone_number_id": "70001", "verify_token": "other"})
    assert not await whatsapp.verify_webhook("70001")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("write", {"text": "nobody"}),
        ("write_batch", {"messages": []}),
        ("status", {"message_id": "x", "status": "lost"}),
        ("write", {"from": INES, "type": "image", "image": {"content_base64": "?"}}),
    ],
)
async def test_actions_that_make_no_sense(number: WhatsAppNumber, action: str, body: dict[str, Any]) -> None:
    with pytest.raises(StandinError):
        getattr(number.people, action)(body)


async def test_without_a_webhook_nothing_is_posted(whatsapp: WhatsAppStandin) -> None:
    quiet = whatsapp.register({"phone_number_id": "70003", "token": "t", "app_secret": "s"})
    assert quiet.people.receipt("wamid.1", INES, {"status": "sent"}) is None
    for action in (
        lambda: quiet.people.write({"from": INES, "text": "hi"}),
        lambda: quiet.people.status({"message_id": "x", "status": "read"}),
    ):
        with pytest.raises(StandinError):
            action()
    with pytest.raises(StandinError):
        whatsapp.register({"phone_number_id": "x", "token": "t", "app_secret": "s"})


async def test_everything_can_be_steered_from_another_process(hook: Hook) -> None:
    app = StandinApp([WhatsAppStandin(speed_up=1_000)])
    async with serving(app) as base, StandinClient(base) as client:
        number = await client.register(
            "whatsapp", phone_number_id="70001", token=TOKEN, app_secret=SECRET, webhook_url=hook.url
        )
        written = await number.act("messages", from_=INES, text="Olá?", wait=True)
        assert (written["state"], written["status"]) == ("acked", 200)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        rule = await number.add_fault("rate_limit", times=1)
        async with httpx.AsyncClient(headers=headers, trust_env=False) as graph:
            for _ in range(2):
                await graph.post(f"{base}/graph/v24.0/70001/messages", json=TEXT)
        [sent] = await number.wait_for_sent(1, recipient=INES)
        assert sent["text"] == "Sim."
        assert [call["outcome"] for call in await number.calls(INES)] == ["refused", "accepted"]
        await number.clear_faults(rule)
        with pytest.raises(StandinClientError):
            await number.clear_faults(rule)
        await number.clear_faults()
        await number.act("statuses", message_id=sent["message_id"], status="read", code=131026, wait=True)
        await number.act("notifications", field="account_update", value={"event": "x"}, wait=True)
        await number.act("notifications", payload={"object": "page"}, wait=True)
        await number.act("hold", held=True)
        await number.act("hold", held=False)
        copies = await number.act("duplicates", seq=written["seq"], count=3, wait=True)
        assert {post["state"] for post in copies["posts"]} == {"acked"}
        assert len(await number.posts()) == 9
        overview = await client.call("GET", "/whatsapp")
        assert overview["parties"][0]["id"] == "70001"
        assert TOKEN not in json.dumps(overview)
        for unknown in ("nothing", "duplicates"):
            with pytest.raises(StandinClientError):
                await number.act(unknown, seq=99_999)
        with pytest.raises(StandinClientError):
            await number.act("duplicates", seq=1, count=0)
        await number.remove()
        with pytest.raises(StandinClientError):
            await number.sent()
        await app.close()
