"""Every channel's webhook as somebody from outside can knock at it: with the secret, or without."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any
from uuid import uuid4

import httpx

from deploy.local.demo.seed import Seeder
from libs.contracts.vocabulary import Channel
from tests.e2e.parley import Parley
from tests.unit.gateway.channel_samples import (
    basic,
    escaped,
    mail,
    said,
    signed,
    talk,
    value,
    whatsapp,
    wrote,
)

SECRET = f"Door-{uuid4().hex}"
#: Nobody listens there: what we would send goes nowhere.
NOWHERE = "http://127.0.0.1:1"

Headers = dict[str, str]


@dataclass(frozen=True)
class Person:
    """Who writes."""

    name: str
    phone: str = "351910000001"
    email: str = "jo@sample.test"


def _whatsapp(text: str, who: Person) -> dict[str, Any]:
    contact = {"profile": {"name": who.name}, "wa_id": who.phone}
    message = wrote("text", text={"body": text}, id=f"wamid.{uuid4().hex}") | {"from": who.phone}
    return whatsapp(value(messages=[message], contacts=[contact]))


def _mail(text: str, who: Person) -> dict[str, Any]:
    one = uuid4().hex
    return mail(
        {"Message-ID": f"<{one}@sample.test>"},
        MessageID=one,
        TextBody=text,
        MailboxHash="",
        FromName=who.name,
        From=who.email,
        FromFull={"Email": who.email, "Name": who.name, "MailboxHash": ""},
    )


def _chatwoot(text: str, who: Person) -> dict[str, Any]:
    number = uuid4().int % (1 << 31)
    sender = {"id": number, "name": who.name, "email": who.email, "phone_number": who.phone}
    meta = {"sender": sender | {"type": "contact"}, "assignee": None}
    return said(id=number, content=text, sender=sender, conversation=talk(id=number, meta=meta))


def _sign_whatsapp(secret: str, body: bytes) -> Headers:
    return {"X-Hub-Signature-256": signed(secret, body)}


def _sign_mail(secret: str, body: bytes) -> Headers:
    del body  # Postmark signs nothing: it brings a password
    return {"Authorization": basic(f"parley:{secret}")}


def sign_chatwoot(secret: str, body: bytes, at: int | None = None) -> Headers:
    """The signature over time and body."""
    stamp = str(int(time()) if at is None else at)
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={digest}"}


@dataclass(frozen=True)
class Door:
    """One channel. `header` is the one that proves who posts."""

    channel: Channel
    settings: dict[str, Any]
    credentials: dict[str, str]
    header: str
    message: Callable[[str, Person], dict[str, Any]]
    sign: Callable[[str, bytes], Headers]
    covers_body: bool = True

    @property
    def connection(self) -> str:
        """Of this run alone."""
        return f"door-{self.channel}-{SECRET[-8:]}"

    def address(self, parley: Parley) -> str:
        """Where its platform posts."""
        return f"{parley.gateways[0]}/webhooks/{self.channel}/{self.connection}"

    async def post(self, parley: Parley, body: bytes, headers: Headers) -> httpx.Response:
        """One post."""
        return await parley.http.post(
            self.address(parley), content=body, headers={"Content-Type": "application/json", **headers}
        )

    async def write(self, parley: Parley, text: str, who: Person, headers: Headers) -> httpx.Response:
        """A message of somebody, as the platform posts it."""
        body = escaped(self.message(text, who))
        return await self.post(parley, body, self.sign(SECRET, body) | headers)


DOORS = (
    Door(
        Channel.WHATSAPP,
        {"phone_number_id": "70001"},
        {"token": "EAAG-door", "app_secret": SECRET, "verify_token": "verify-door"},
        "X-Hub-Signature-256",
        _whatsapp,
        _sign_whatsapp,
    ),
    Door(
        Channel.EMAIL,
        {"from_email": "help@kettle.test"},
        {"token": "postmark-door", "webhook_secret": SECRET},
        "Authorization",
        _mail,
        _sign_mail,
        covers_body=False,
    ),
    Door(
        Channel.CHATWOOT,
        {"account_id": "3", "inbox_id": "12"},
        {"token": "chatwoot-door", "webhook_secret": SECRET},
        "X-Chatwoot-Signature",
        _chatwoot,
        sign_chatwoot,
    ),
)


@asynccontextmanager
async def opened(parley: Parley) -> AsyncIterator[None]:
    """All of them connected; a channel whose secret is not set is there, too."""
    seeder = Seeder(parley.stack.rabbitmq_url, parley.stack.secrets.key_bytes)
    try:
        for door in DOORS:
            settings = door.settings | {"api_base_url": NOWHERE}
            await seeder.connect(door.connection, door.channel, "Door", settings, door.credentials)
            await seeder.connect(
                f"{door.connection}-unset", door.channel, "No secret", settings, {"token": "t"}
            )
        yield
    finally:
        await seeder.close()


class Spans:
    """Takes what the services export of their traces, as it comes over the wire."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
                self.bodies.append(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()


@asynccontextmanager
async def collecting() -> AsyncIterator[Spans]:
    """A collector on a free port."""
    spans = Spans()
    server = await asyncio.start_server(spans.take, "127.0.0.1", 0)
    spans.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield spans
    finally:
        server.close()
