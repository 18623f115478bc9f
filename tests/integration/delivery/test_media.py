"""Files over HTTP and jobs in MongoDB; no address of the inside is read, whoever names it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import Channel, MessageKind
from libs.runtime.addresses import AddressRules, networks
from libs.runtime.http_client import http_client
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox
from services.delivery.adapters import mongo_media
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.media_download import MediaDownloader
from services.delivery.adapters.media_sources import LinkedMedia, TelegramMedia, WhatsAppMedia
from services.delivery.adapters.mongo_media import MongoMedia
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.media_ports import BrokenOffError, Download
from tests.unit.delivery.build import TOKEN, connection
from tests.unit.delivery.media_suite import MediaSuite

HERE = AddressRules(networks(["127.0.0.1"]))


@pytest.fixture
async def jobs(store: Store) -> MongoMedia:
    await store.ensure_indexes(mongo_media.INDEXES)
    return MongoMedia(store, Outbox(store))


class TestMongoMedia(MediaSuite):
    pass


class Site:
    """A web server whose answers a test gives; `seen` are the paths and headers of requests."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.stalls = False
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        length = int(headers.get("content-length", "0"))
        await reader.readexactly(length)
        path = head[0].split()[1]
        self.seen.append((path, headers))
        status, extra, body = self.pages.get(path, (404, {}, b""))
        lines = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
        size = len(body) + (1 if self.stalls else 0)
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: {size}\r\n{lines}".encode())
        writer.write(b"connection: close\r\n\r\n")
        writer.write(body)
        await writer.drain()
        if self.stalls:
            await reader.read()
        writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    server = await asyncio.start_server(made.take, "127.0.0.1")
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(timeout=5.0, rules=HERE) as made:
        yield made


async def outcome(opened: Any) -> bytes | Refused | Retry:
    async with opened as found:
        if isinstance(found, Download):
            return b"".join([chunk async for chunk in found.chunks])
        assert isinstance(found, Refused | Retry)
        return found


def linked(address: str) -> Attachment:
    return Attachment(kind=MessageKind.IMAGE, reference=address)


async def test_a_linked_file_is_read_through_its_redirects(site: Site, client: httpx.AsyncClient):
    site.pages["/a"] = 302, {"location": "/b"}, b""
    site.pages["/b"] = 302, {"location": f"{site.address}/c"}, b""
    site.pages["/c"] = 200, {"content-type": "image/png"}, b"bytes"
    media = LinkedMedia(MediaDownloader(client, seconds=5.0))
    assert await outcome(media.open(connection(), linked(f"{site.address}/a"))) == b"bytes"
    site.pages["/loop"] = 302, {"location": "/loop"}, b""
    assert await outcome(media.open(connection(), linked(f"{site.address}/loop"))) == Refused("redirected")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://user:password@127.0.0.1/",
        "gopher://127.0.0.1:1/_x",
        "/etc/passwd",
        "",
    ],
)
async def test_an_address_of_the_inside_is_not_read_as_media(client: httpx.AsyncClient, address: str):
    """CVE-2024-39713: a server-side request through the address of a medium."""
    media = LinkedMedia(MediaDownloader(client, seconds=5.0))
    assert await outcome(media.open(connection(), linked(address))) == Refused("address_refused")


@pytest.mark.parametrize("further", ["http://169.254.169.254/", "http://127.0.0.2:1/", "file:///etc/passwd"])
async def test_a_redirect_leads_to_no_address_of_the_inside(
    site: Site, client: httpx.AsyncClient, further: str
):
    """CVE-2026-108702: a server-side request through a redirect."""
    site.pages["/a"] = 302, {"location": further}, b""
    media = LinkedMedia(MediaDownloader(client, seconds=5.0))
    found = await outcome(media.open(connection(), linked(f"{site.address}/a")))
    assert found == Refused("address_refused")


async def test_credentials_do_not_follow_a_redirect_elsewhere(site: Site, client: httpx.AsyncClient):
    site.pages["/a"] = 302, {"location": f"http://localhost:{site.port}/b"}, b""
    site.pages["/b"] = 200, {}, b"x"
    downloader = MediaDownloader(client, seconds=5.0)
    headers = {"Authorization": "Bearer secret"}
    assert await outcome(downloader.open(f"{site.address}/a", headers=headers, redirects=1)) == b"x"
    assert ["authorization" in seen for _, seen in site.seen] == [True, False]


async def test_telegram_gives_a_path_and_nothing_else_is_read(site: Site, client: httpx.AsyncClient):
    caller = HttpCaller(client, limit=5.0)
    media = TelegramMedia(
        TelegramApi(caller), MediaDownloader(client, seconds=5.0), default_base=site.address
    )
    one = connection(settings={})

    async def with_path(path: object) -> bytes | Refused | Retry:
        body = json.dumps({"ok": True, "result": {"file_path": path}}).encode()
        site.pages[f"/bot{TOKEN}/getFile"] = 200, {}, body
        return await outcome(media.open(one, linked("photo-1")))

    site.pages[f"/file/bot{TOKEN}/photos/file_1.png"] = 200, {}, b"png"
    assert await with_path("photos/file_1.png") == b"png"
    for path in ("../../secret", "/etc/passwd", "http://10.0.0.1/x", 5, ""):
        assert await with_path(path) == Refused("file_missing")
    site.pages[f"/bot{TOKEN}/getFile"] = 400, {}, b'{"ok":false,"description":"file is too big"}'
    assert isinstance(await outcome(media.open(one, linked("photo-1"))), Refused)
    site.pages[f"/bot{TOKEN}/getFile"] = 500, {}, b'{"ok":false}'
    assert isinstance(await outcome(media.open(one, linked("photo-1"))), Retry)


async def test_whatsapp_names_an_address_that_is_read_with_the_token(site: Site, client: httpx.AsyncClient):
    media = WhatsAppMedia(
        HttpCaller(client, limit=5.0), MediaDownloader(client, seconds=5.0), default_base=site.address
    )
    one = connection(channel=Channel.WHATSAPP, credentials={"token": "wa-token"}, settings={})
    site.pages["/v24.0/600101"] = 200, {}, json.dumps({"url": f"{site.address}/files/1"}).encode()
    site.pages["/files/1"] = 200, {"content-type": "image/jpeg"}, b"jpeg"
    assert await outcome(media.open(one, linked("600101"))) == b"jpeg"
    assert [seen["authorization"] for _, seen in site.seen] == ["bearer wa-token"] * 2
    site.pages["/v24.0/600101"] = 200, {}, json.dumps({"url": "http://169.254.169.254/x"}).encode()
    assert await outcome(media.open(one, linked("600101"))) == Refused("address_refused")
    for further in ("http://169.254.169.254/x", "file:///etc/passwd"):
        site.pages["/v24.0/600101"] = 200, {}, json.dumps({"url": f"{site.address}/moved"}).encode()
        site.pages["/moved"] = 302, {"location": further}, b""
        assert await outcome(media.open(one, linked("600101"))) == Refused("address_refused")
    site.pages["/moved"] = 302, {"location": "/files/1"}, b""
    assert await outcome(media.open(one, linked("600101"))) == b"jpeg"
    assert site.seen[-1][1]["authorization"] == "bearer wa-token"
    site.pages["/v24.0/600101"] = 200, {}, b"{}"
    assert await outcome(media.open(one, linked("600101"))) == Refused("file_missing")
    wrong = connection(channel=Channel.WHATSAPP, settings={"version": "../.."})
    assert await outcome(media.open(wrong, linked("600101"))) == Refused("misconfigured")
    assert isinstance(await outcome(media.open(one, linked("../admin"))), Refused)


@pytest.mark.parametrize(("status", "kind"), [(404, Refused), (410, Refused), (429, Retry), (503, Retry)])
async def test_what_a_status_means(site: Site, client: httpx.AsyncClient, status: int, kind: type):
    site.pages["/a"] = status, {}, b"x"
    downloader = MediaDownloader(client, seconds=5.0)
    assert isinstance(await outcome(downloader.open(f"{site.address}/a")), kind)


async def test_a_file_that_stops_coming_is_cut(site: Site, client: httpx.AsyncClient):
    site.stalls = True
    site.pages["/a"] = 200, {}, b"half"
    with pytest.raises(BrokenOffError):
        await outcome(MediaDownloader(client, seconds=0.3).open(f"{site.address}/a"))


async def test_nobody_there_is_passing(site: Site, client: httpx.AsyncClient):
    found = await outcome(MediaDownloader(client, seconds=5.0).open("http://127.0.0.1:1/"))
    assert found == Retry("unreachable")
