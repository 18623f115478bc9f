"""What somebody sends who wishes us ill: refused as bad input, or taken, and never a 500."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest
import websockets

from deploy.local.demo import account
from tests.e2e.parley import Parley
from tests.e2e.test_tickets import DORA, IVO, UMA, Caller, caller, in_hands

SURROGATE, DEEP = "\ud800", b"[" * 50_000 + b"]" * 50_000
EARLY, LATE = quote("0001-01-01T00:00:00+23:59"), "9999-12-31T23:59:59-23:59"
NOW = "2026-11-28T10:00:00+00:00"


def cursor(*parts: Any) -> str:
    return quote(urlsafe_b64encode(json.dumps(parts).encode()).decode())


def packed(text: str) -> str:
    return quote(urlsafe_b64encode(text.encode()).decode())


#: Addresses with what no client of ours would send, and the answers that they may have.
QUERIES = {
    "/api/v1/conversations": (
        *(f"cursor={one}" for one in ("x", "%C3%A9", "%00", packed("[" * 1400), cursor())),
        f"cursor={cursor('desc', '0001-01-01T00:00:00+23:59', 'x')}",
        f"cursor={cursor('desc', LATE, 'x')}",
        f"cursor={cursor('desc', NOW, SURROGATE)}",
        f"cursor={cursor('desc', NOW, {'$gt': ''})}",
        *(f"search={one}" for one in ("%00", "a%00b", "%ED%A0%80", quote("(((["), "%24where", "a" * 5000)),
        *("page=99999999999999999999", "page_size=0", "page_size=101", "label=%00", "lead_id=%00"),
        *("status=open", "sort_by=_id", "channel=fax", "unknown=1"),
    ),
    "/api/v1/conversations/stats": ("tz=../../etc/passwd", "tz=UTC%00", f"from={EARLY}", f"to={LATE}"),
    "/api/v1/audit": (
        f"cursor={packed('0001-01-01T00:00:00+23:59 x')}",
        *(f"since={EARLY}", f"until={LATE}", "actor_id=%00", "since=1e400"),
    ),
    "/api/v1/contacts": ("search=%00", "cursor=%C3%A9"),
    "/api/v1/people": ("search=%00", "cursor=%C3%A9"),
    "/api/v1/templates": ("shortcut=%00", "cursor=%C3%A9"),
}


async def test_odd_queries_and_cursors_are_refused_or_find_nothing(parley: Parley) -> None:
    dora = await caller(parley, DORA)
    for path, queries in QUERIES.items():
        for query in queries:
            answer = await dora("GET", f"{path}?{query}")
            assert answer.status_code in {200, 400}, (path, query[:80], answer.text)
            assert not answer.is_success or not answer.json().get("items"), (path, query[:80])


BODIES = {
    "half a pair": (b'{"content":"\\ud800"}', 422),
    "not UTF-8": (b'{"content":"\xe9"}', 400),
    "deep": (b'{"content":' + DEEP + b"}", 422),
    "a huge number": (b'{"content":' + b"9" * 5000 + b"}", 422),
    "no number": (b'{"content":NaN}', 422),
    "cut off": (b'{"content":"x', 422),
    "a list": (b"[]", 422),
    "nothing": (b"", 422),
    "a NUL alone": (b'{"content":"\\u0000"}', 422),
    "a key too many": (b'{"content":"x","__proto__":{"role":"admin"}}', 422),
}
TYPES = ("text/plain", "application/x-www-form-urlencoded", "application/xml", "", "multipart/form-data")


async def test_odd_bodies_and_types_write_nothing(parley: Parley) -> None:
    uma, ivo = await caller(parley, UMA), await caller(parley, IVO)
    ticket = await in_hands(uma, ivo)
    before = len((await uma.done("GET", f"/tickets/{ticket}"))["messages"])
    reply = f"/app/chatbots/{account.CHATBOT_ID}/conversations/{ticket}/replies"

    async def post(content: bytes, **headers: str) -> Any:
        return await parley.http.post(
            f"{parley.gateways[0]}{reply}",
            content=content,
            headers={"Authorization": f"Bearer {ivo.token}", "Content-Type": "application/json", **headers},
        )

    for name, (body, status) in BODIES.items():
        answer = await post(body)
        assert answer.status_code in {400, status}, (name, answer.text)
        assert answer.json()["conversation_id"] == ticket, name
    for kind in TYPES:
        answer = await post(b'{"content":"hi"}', **{"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), kind
    for name, value in {"Idempotency-Key": "a\tb", "If-Match": '"1","2"'}.items():
        assert (await post(b'{"content":"hi"}', **{name: value})).status_code in {400, 422}, name
    for tag in ('"99999999999999999999.x"', 'W/"1"', '""', '"-1"'):
        moved = await ivo("POST", f"/api/v1/conversations/{ticket}/return-to-ai", **{"If-Match": tag})
        assert (moved.status_code, moved.json()["code"]) == (409, "conflict"), tag
    assert len((await uma.done("GET", f"/tickets/{ticket}"))["messages"]) == before


FRAMES = (
    "x",
    "null",
    "[]",
    '{"type":"subscribe","topic":"account:acc-elsewhere"}',
    '{"type":"subscribe","topic":"agent:agent-ana"}',
    '{"type":"subscribe","topic":"chat:tg:\\ud800"}',
    '{"type":"subscribe","topic":"\\u0000"}',
    '{"type":"subscribe","topic":"ticket_' + "a" * 290 + '"}',
    '{"type":"subscribe","topic":"chat:' + "a" * 290 + '"}',
    '{"type":"subscribe","topic":"chat:tg:1","last_seq":99999999999999999999}',
    '{"type":"typing","topic":"ticket_' + "a" * 290 + '","typing":true}',
    '{"type":"read","topic":"ticket_' + "a" * 290 + '"}',
    '{"type":' + "[" * 20_000,
    b"\x00\x01",
)


async def test_odd_frames_are_refused_and_the_socket_goes_on(parley: Parley) -> None:
    dora = await caller(parley, DORA)
    async with connected(parley, dora, "/ws") as socket:
        for sent in FRAMES:
            await socket.send(sent)
            async with asyncio.timeout(20):
                while (frame := json.loads(await socket.recv()))["type"] != "error":
                    pass
            assert frame["code"] in {"invalid", "not_found"}, sent[:60]
        await socket.send('{"type":"ping"}')
        async with asyncio.timeout(20):
            while json.loads(await socket.recv())["type"] != "pong":
                pass


@pytest.mark.parametrize("name", ["%00", "%ED%A0%80", "a" * 5000, "..%2f..%2fws"])
async def test_a_room_of_an_odd_name_is_not_there(parley: Parley, name: str) -> None:
    dora = await caller(parley, DORA)
    try:
        async with connected(parley, dora, f"/ws/chat/{name}") as socket:
            async with asyncio.timeout(20):
                await socket.wait_closed()
            assert socket.close_code == 4404
    except websockets.InvalidStatus as refused:
        assert refused.response.status_code in {403, 404}  # noqa: PT017 - no such path at all


def connected(parley: Parley, who: Caller, path: str) -> websockets.connect:
    address = parley.gateways[0].replace("http", "ws", 1) + path
    return websockets.connect(
        address, additional_headers={"Authorization": f"Bearer {who.token}"}, proxy=None
    )
