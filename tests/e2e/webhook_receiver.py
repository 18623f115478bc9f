"""A receiver of internal webhooks on loopback: checks signatures as the standard says, fails on demand."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
_KEY = b"0123456789abcdef"


class WebhookReceiver:
    """What was posted, oldest first, each with its path; what carries a wrong signature is counted apart."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[str] = []
        self.forged = 0
        #: Webhooks whose body holds one of these texts are refused once.
        self.refuse_once: set[str] = set()
        self.port = 0

    @property
    def address(self) -> str:
        """The base address to configure."""
        return f"http://127.0.0.1:{self.port}/base/"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request after another."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                pairs = (line.split(":", 1) for line in lines[1:] if ":" in line)
                headers = {name.strip().lower(): value.strip() for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status = self._status(lines[0].split()[1], headers, body)
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _status(self, path: str, headers: dict[str, str], body: bytes) -> str:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(_KEY, signed, hashlib.sha256).digest()).decode()
        if headers["webhook-signature"] != f"v1,{expected}":
            self.forged += 1
            return "401 Unauthorized"
        text = body.decode()
        for marker in tuple(self.refuse_once):
            if marker in text:
                self.refuse_once.discard(marker)
                self.refused.append(headers["webhook-id"])
                return "500 Internal Server Error"
        self.taken.append((path, json.loads(text) | {"webhook-id": headers["webhook-id"]}))
        return "204 No Content"

    def about(self, conversation_id: str) -> list[tuple[str, dict[str, Any]]]:
        """What was posted of one conversation: the last part of the path, and the body."""
        return [
            (path.rpartition("/")[2], body)
            for path, body in self.taken
            if body["data"]["conversation_id"] == conversation_id
        ]


@asynccontextmanager
async def receiving() -> AsyncIterator[WebhookReceiver]:
    """A receiver on a free port."""
    receiver = WebhookReceiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
