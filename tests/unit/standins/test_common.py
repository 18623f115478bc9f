"""What every stand-in shares: journals, parameters, posting, serving."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from libs.standins.bodies import MAX_PARTS, BodyError, UploadedFile, parse_params
from libs.standins.errors import FaultError
from libs.standins.faults import MAX_RULES, FaultBook, parse_rule
from libs.standins.journal import Journal
from libs.standins.poster import MAX_ANSWER_BYTES, Poster, PostResult, parse_target
from libs.standins.server import bind, serving
from libs.standins.telegram.files import MAX_SHELF_BYTES, FileShelf
from libs.standins.telegram.state import MAX_MESSAGES_A_CHAT, BotState
from libs.standins.wire import Answer, BodyTooLargeError, ClientGoneError, read_body


@dataclass(frozen=True)
class Note:
    seq: int
    key: str


def filled(journal: Journal[Note], *keys: str) -> Journal[Note]:
    for key in keys:
        journal.add(Note(journal.next_seq, key))
    return journal


def test_a_journal_reads_on_from_a_position() -> None:
    journal = filled(Journal(), "a", "b", "a", "a")

    assert [note.seq for note in journal.after(1)] == [2, 3, 4]
    assert [note.seq for note in journal.after(1, key="a")] == [3, 4]
    assert [note.seq for note in journal.after(0, limit=2)] == [1, 2]
    assert journal.after(9) == journal.after(0, key="c") == []


def test_a_full_journal_forgets_its_oldest_entries() -> None:
    journal = filled(Journal(keep=3), "a", "b", "a", "a", "a")

    assert [note.seq for note in journal.after()] == [3, 4, 5]
    assert journal.after(key="b") == []
    journal.clear()
    assert len(journal) == 0
    assert journal.next_seq == 6


async def test_a_reader_waits_for_its_key() -> None:
    journal: Journal[Note] = Journal()
    of_a = asyncio.create_task(journal.wait_after(key="a", seconds=5))
    of_all = asyncio.create_task(journal.wait_after(seconds=5))
    await asyncio.sleep(0)

    filled(journal, "b", "a")

    assert [note.seq for note in await of_a] == [2]
    assert [note.seq for note in await of_all] == [1, 2]


async def test_a_reader_gives_up_in_time_or_when_the_journal_closes() -> None:
    journal: Journal[Note] = Journal()
    assert await journal.wait_after(seconds=0.01) == []
    waiting = asyncio.create_task(journal.wait_after(seconds=60))
    await asyncio.sleep(0)
    journal.close()
    assert await asyncio.wait_for(waiting, 1) == []


def multipart(*parts: str, end: str = "--") -> tuple[str, bytes]:
    body = "".join(f"--B\r\n{part}\r\n" for part in parts) + f"--B{end}\r\n"
    return 'multipart/form-data; boundary="B"', body.encode()


def test_multipart_gives_texts_and_files() -> None:
    content_type, body = multipart(
        'Content-Disposition: form-data; name="a"\r\n\r\n1',
        'Content-Disposition: form-data; name="f"; filename="x.txt"\r\n'
        "Content-Type: text/plain\r\n\r\nhi\r\n",
    )

    assert parse_params(b"q=2&a=0", content_type, body) == {
        "q": "2",
        "a": "1",
        "f": UploadedFile("x.txt", "text/plain", b"hi\r\n"),
    }


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--B--"),
        multipart('Content-Disposition: form-data; name="a"\r\n\r\n1', end=""),
        multipart("no blank line"),
        multipart("Content-Disposition: form-data\r\n\r\n1"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(MAX_PARTS + 1))),
        ("application/x-www-form-urlencoded", b"a=\xff"),
    ],
)
def test_a_broken_body_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(BodyError):
        parse_params(b"", content_type, body)


def test_a_body_of_another_type_is_not_read() -> None:
    assert parse_params(b"a=1", "text/plain", b"whatever") == {"a": "1"}


def receiving(*messages: dict[str, object]) -> Callable[[], Awaitable[dict[str, object]]]:
    left = list(messages)

    async def receive() -> dict[str, object]:
        return left.pop(0)

    return receive


async def test_a_body_in_pieces_is_read_up_to_its_limit() -> None:
    pieces: tuple[dict[str, object], ...] = (
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"c"},
    )

    assert await read_body(receiving(*pieces), 3) == b"abc"
    with pytest.raises(BodyTooLargeError):
        await read_body(receiving(*pieces), 2)
    with pytest.raises(ClientGoneError):
        await read_body(receiving(pieces[0], {"type": "http.disconnect"}), 3)


def test_rules_are_bounded() -> None:
    book = FaultBook()
    for _ in range(MAX_RULES):
        book.add(parse_rule({"kind": "reset"}, {"reset": frozenset()}))
    with pytest.raises(FaultError, match="clear some"):
        book.add(parse_rule({"kind": "reset"}, {"reset": frozenset()}))


def test_a_shelf_of_files_is_bounded_by_bytes() -> None:
    shelf = FileShelf()
    half = bytes(MAX_SHELF_BYTES // 2)
    first, second = shelf.put("video", half), shelf.put("video", half)
    third = shelf.put("video", b"x", file_name="a.mp4")

    assert shelf.get(first.file_id) is None
    assert shelf.at(first.path) is None
    assert shelf.get(second.file_id) is second
    assert third.path.endswith(".mp4")


def test_a_chat_remembers_its_last_messages() -> None:
    chat = BotState("1:x", {"id": 1}).add_chat({"id": 5})
    for message_id in range(MAX_MESSAGES_A_CHAT + 1):
        chat.remember({"message_id": message_id})

    assert min(chat.messages) == 1


@asynccontextmanager
async def raw_server(answer: bytes, *, then_close: bool) -> AsyncIterator[str]:
    """A server that answers each request with these bytes, HTTP or not."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                writer.write(answer)
                await writer.drain()
                if then_close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the poster closed its connection
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


async def posted_to(answer: bytes, *, then_close: bool = True) -> PostResult:
    poster = Poster(time_limit_s=2)
    async with raw_server(answer, then_close=then_close) as url:
        result = await poster.post(parse_target(url), b"{}", {})
        poster.close()
    return result


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    ],
)
async def test_an_answer_of_any_framing_is_read(answer: bytes, status: int, body: bytes) -> None:
    result = await posted_to(answer)

    assert (result.status, result.body, result.error) == (status, body, None)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "connection closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "connection closed"),
        (b"SMTP ready\r\n", "the answer is not HTTP/1.1"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + bytes(MAX_ANSWER_BYTES + 1),
            "the answer is too large",
        ),
    ],
)
async def test_an_answer_that_is_none_is_an_error(answer: bytes, error: str) -> None:
    result = await posted_to(answer)

    assert (result.status, result.error) == (None, error)


async def test_connections_are_reused_until_the_receiver_closes_them() -> None:
    clients = set()

    async def app(scope: object, receive: object, send: object) -> None:
        assert isinstance(scope, dict)
        assert callable(receive)
        assert callable(send)
        clients.add(scope["client"])
        await read_body(receive, 100)
        headers = [(b"content-length", b"0")]
        if scope["path"] == "/close":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    poster = Poster()
    async with serving(app) as url:
        for path in ("/", "/", "/close", "/"):
            assert (await poster.post(parse_target(url + path), b"", {})).accepted
    poster.close()
    assert len(clients) == 2


def test_a_taken_port_is_refused() -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.listen()
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", listener.getsockname()[1])


async def test_answers_do_not_wait_for_a_delayed_ack() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_an_answer_names_its_length() -> None:
    assert Answer(200, b"hi").all_headers() == [
        (b"content-type", b"application/json"),
        (b"content-length", b"2"),
    ]
