import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from libs.contracts.conversation import FoundConversation
from libs.contracts.topology import conversation_room
from tests.unit.gateway.conftest import Served
from tests.unit.gateway.samples import (
    ACCOUNT,
    ANA,
    REQUESTER,
    account_frame,
    chat_frame,
    conversation,
    envelope,
    recorded,
    until,
)

REF = conversation()
OWN = conversation("web:v1", connection_id="conn-web")


@asynccontextmanager
async def connected(address: str, **options: Any) -> AsyncIterator[ClientConnection]:
    async with websockets.connect(address, proxy=None, **options) as socket:
        yield socket


async def frame(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return dict(json.loads(await socket.recv()))


async def ended(socket: ClientConnection) -> int:
    """The close code, once everything before it has been read."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


async def send(socket: ClientConnection, **fields: Any) -> None:
    await socket.send(json.dumps(fields))


def know(served: Served, ref: Any, *sequences: int) -> None:
    found = FoundConversation(conversation=ref)
    served.site.book.found |= {ref.session_id: found, ref.id: found}
    served.site.book.events[ref.id] = [envelope(recorded(ref, each), each) for each in sequences]


def live(served: Served, ref: Any, sequence: int) -> None:
    known = served.site.book.events.setdefault(ref.id, [])
    known.append(envelope(recorded(ref, sequence), sequence))
    body = chat_frame(ref, sequence).model_dump_json().encode()
    served.site.gateway.hub.receive(conversation_room(ref.account_id, ref.id), body)


async def test_an_agent_connects_by_header_address_or_first_frame(served: Served):
    token = served.site.token()
    async with connected(
        f"{served.ws}/ws", additional_headers={"Authorization": f"Bearer {token}"}
    ) as socket:
        assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"
    async with connected(f"{served.ws}/ws?token={token}") as socket:
        assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"
        assert (await frame(socket))["topic"] == f"agent:{ANA.id}"
    async with connected(f"{served.ws}/ws") as socket:
        await send(socket, type="auth", token=token)
        assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"


@pytest.mark.parametrize("first", ['{"type":"auth","token":"x"}', '{"type":"ping"}', "x", b"\0"])
async def test_a_socket_without_a_good_token_is_closed(served: Served, first: Any):
    async with connected(f"{served.ws}/ws") as socket:
        await socket.send(first)
        assert await ended(socket) == 4401
    async with connected(f"{served.ws}/ws?token=nonsense") as socket:
        assert await ended(socket) == 4401


async def test_a_silent_socket_is_closed(served: Served, monkeypatch: pytest.MonkeyPatch):
    route = next(
        one for one in served.site.gateway.api.router.routes if getattr(one, "name", "") == "agentSocket"
    )
    (agents,) = (cell.cell_contents for cell in route.endpoint.__closure__)  # type: ignore[attr-defined]
    monkeypatch.setattr(agents._handshake, "_auth_limit", 0.05)
    async with connected(f"{served.ws}/ws") as socket:
        assert await ended(socket) == 4401


async def test_a_requester_has_no_socket_here(served: Served):
    async with connected(f"{served.ws}/ws?token={served.site.token(REQUESTER)}") as socket:
        assert await ended(socket) == 4403
    async with connected(f"{served.ws}/ws?token={served.site.visitor_token()}") as socket:
        assert await ended(socket) == 4401


async def test_a_socket_ends_with_its_token(served: Served):
    async with connected(f"{served.ws}/ws?token={served.site.token(minutes=1.2 / 60)}") as socket:
        assert await ended(socket) == 4401


async def agent(socket: ClientConnection) -> None:
    await frame(socket)
    await frame(socket)


async def test_an_agent_subscribes_hears_and_unsubscribes(served: Served):
    know(served, REF, 1)
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        await agent(socket)
        await send(socket, type="subscribe", topic="chat:tg:77")
        assert (await frame(socket))["seq"] == 1
        live(served, REF, 2)
        heard = await frame(socket)
        assert (heard["type"], heard["topic"], heard["seq"]) == ("agent_message", "chat:tg:77", 2)
        assert heard["agent_name"] == "Ana"
        await send(socket, type="unsubscribe", topic="chat:tg:77")
        assert await frame(socket) == {"type": "unsubscribed", "topic": "chat:tg:77"}
        live(served, REF, 3)
        await send(socket, type="ping")
        assert await frame(socket) == {"type": "pong"}


async def test_who_comes_back_gets_what_was_missed(served: Served):
    know(served, REF, 1, 2, 3)
    served.site.frames.frames = [account_frame(REF, seq) for seq in (1, 2, 3)]
    async with connected(f"{served.ws}/ws?token={served.site.token()}&last_seq=1") as socket:
        assert (await frame(socket))["seq"] == 3
        assert [(await frame(socket))["seq"] for _ in range(2)] == [2, 3]
        await frame(socket)
        await send(socket, type="subscribe", topic="chat:tg:77", last_seq=1)
        assert (await frame(socket))["seq"] == 3
        assert [(await frame(socket))["seq"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", "invalid"),
        ("[]", "invalid"),
        ('{"type":"shout"}', "invalid"),
        ('{"type":"subscribe"}', "invalid"),
        ('{"type":"subscribe","topic":5}', "invalid"),
        ('{"type":"subscribe","topic":"chat:tg:1","last_seq":-1}', "invalid"),
        ('{"type":"ping","more":1}', "invalid"),
        ('{"type":"subscribe","topic":"chat:tg:1"}', "not_found"),
        ('{"type":"subscribe","topic":"account:acc-2"}', "not_found"),
        (b"\0", "invalid"),
    ],
)
async def test_a_frame_that_breaks_a_rule_is_refused_and_the_socket_stays(
    served: Served, text: Any, code: str
):
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        await agent(socket)
        await socket.send(text)
        refused = await frame(socket)
        assert (refused["type"], refused["code"]) == ("error", code)
        await send(socket, type="ping")
        assert await frame(socket) == {"type": "pong"}


async def test_a_frame_that_is_too_large_ends_the_socket(served: Served):
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        await agent(socket)
        await socket.send("x" * 65_537)
        assert await ended(socket) == 1009


async def test_a_socket_that_sends_too_much_is_told_and_not_listened_to(served: Served):
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        await agent(socket)
        for _ in range(60):
            await send(socket, type="ping")
            answer = await frame(socket)
            if answer["type"] == "error":
                break
        assert answer["code"] == "rate_limited"


async def test_who_stops_reading_is_cut_and_the_others_hear_everything(served: Served):
    know(served, REF, 1)
    token = served.site.token()
    # A window of one page: what the client does not read fills up soon.
    async with (
        connected(f"{served.ws}/ws?token={token}", max_queue=1) as slow,
        connected(f"{served.ws}/ws?token={token}") as quick,
    ):
        for socket in (slow, quick):
            await agent(socket)
            await send(socket, type="subscribe", topic="chat:tg:77")
            await frame(socket)
        slow.transport.pause_reading()  # type: ignore[attr-defined] # the socket's, not the library's queue
        room = served.site.gateway.hub._rooms[conversation_room(REF.account_id, REF.id)]
        big = "x" * 60_000
        for sequence in range(2, 400):
            fat = chat_frame(REF, sequence)
            fat = fat.model_copy(update={"fields": fat.fields | {"content": big}})
            served.site.gateway.hub.receive(
                conversation_room(REF.account_id, REF.id), fat.model_dump_json().encode()
            )
            assert (await frame(quick))["seq"] == sequence
            if len(room.followers) == 1:
                break
        await until(lambda: len(room.followers) == 1, 10)
        live(served, REF, sequence + 1)
        assert (await frame(quick))["seq"] == sequence + 1
        slow.transport.abort()  # type: ignore[attr-defined]


async def test_while_the_account_cannot_be_asked_the_socket_is_told_to_come_back(served: Served):
    served.site.frames.away = True
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        assert await ended(socket) == 1013


async def test_a_visitor_writes_and_gets_an_ack_when_it_is_safe(served: Served):
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}") as socket:
        assert await frame(socket) == {
            "type": "subscribed",
            "topic": "chat:web:v1",
            "seq": 0,
            "complete": True,
        }
        await send(socket, type="message", content="hello", client_message_id="c1")
        assert await frame(socket) == {"type": "ack", "client_message_id": "c1"}
        ((_, _, command),) = served.site.inbound.recorded
        assert (command.content, command.session_id) == ("hello", "web:v1")
        know(served, OWN)
        live(served, OWN, 1)
        assert (await frame(socket))["topic"] == "chat:web:v1"
        heard = await frame(socket)
        assert (heard["type"], heard["seq"]) == ("agent_message", 1)
        await send(socket, type="delivered", message_id=heard["message_id"])
        await until(lambda: len(served.site.inbound.acknowledged) == 1)
        assert served.site.inbound.acknowledged[0][1].conversation_id == OWN.id


async def test_a_visitor_comes_back_and_gets_what_was_missed(served: Served):
    know(served, OWN, 1, 2, 3)
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}&last_seq=2") as socket:
        assert (await frame(socket))["seq"] == 3
        assert (await frame(socket))["seq"] == 3


async def test_a_visitors_message_that_is_not_safe_is_not_acked(served: Served):
    served.site.inbound.away = True
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}") as socket:
        await frame(socket)
        await send(socket, type="message", content="hello", client_message_id="c1")
        refused = await frame(socket)
        assert (refused["type"], refused["code"], refused["client_message_id"]) == (
            "error",
            "unavailable",
            "c1",
        )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "message", "content": "  ", "client_message_id": "c"}, "invalid"),
        ({"type": "message", "content": "hi"}, "invalid"),
        ({"type": "message", "content": "hi", "client_message_id": "c", "sender": "ana"}, "invalid"),
        ({"type": "subscribe", "topic": "chat:tg:77"}, "invalid"),
        ({"type": "delivered", "message_id": "m"}, "not_found"),
    ],
)
async def test_a_visitor_may_only_what_visitors_may(served: Served, fields: dict[str, Any], code: str):
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}") as socket:
        await frame(socket)
        await send(socket, **fields)
        assert (await frame(socket))["code"] == code
        await send(socket, type="ping")
        assert await frame(socket) == {"type": "pong"}
    assert served.site.inbound.recorded == []


async def test_a_widget_socket_without_a_session_is_closed(served: Served):
    for token in ("", "x", served.site.token()):
        async with connected(f"{served.ws}/ws/widget?token={token}") as socket:
            assert await ended(socket) == 4401


async def test_nothing_is_left_behind_when_sockets_close(served: Served):
    know(served, REF, 1)
    async with connected(f"{served.ws}/ws?token={served.site.token()}") as socket:
        await agent(socket)
        await send(socket, type="subscribe", topic="chat:tg:77")
        await frame(socket)
    async with connected(f"{served.ws}/ws/widget?token={served.site.visitor_token()}") as socket:
        await frame(socket)
    hub = served.site.gateway.hub
    await until(lambda: not hub._rooms and not hub._watches)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: "])
async def test_a_head_that_does_not_come_ends_the_connection(served: Served, said: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(said)
    async with asyncio.timeout(5):
        assert await _rest(reader) == b""
    writer.close()


async def test_a_head_that_never_ends_ends_the_connection(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET / HTTP/1.1\r\n")
    async with asyncio.timeout(5):
        for number in range(80):
            writer.write(b"A%d: " % number + b"x" * 1024 + b"\r\n")
        assert await _rest(reader) == b""
    writer.close()


async def test_a_connection_is_kept_for_the_next_request(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for _ in range(2):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
    writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_handshake_that_the_library_gives_up_on_is_ended(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    head = (
        f"GET /ws/widget?token={'x' * 9000} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    writer.write(head.encode())
    async with asyncio.timeout(5):
        await _rest(reader)
    writer.close()
