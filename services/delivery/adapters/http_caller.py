"""One call of a platform's API over HTTP, with a time limit for the whole of it.

Neither an address nor a text of the HTTP library leaves this module, as either may hold a secret: what went
wrong comes back as one of our own words.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.delivery.domain.outcomes import Refused, Retry, Unclear

#: Bytes of an answer that are read.
MOST_BYTES = 262_144
#: A proxy that got no answer itself: the message may have gone through it.
LOST_BEHIND_PROXY = frozenset({504, 524})

Failure = Retry | Refused | Unclear


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. `body` is None when it is not a JSON object, as from a proxy in front of the platform;
    `text` is its beginning, for those who must tell two refusals apart. `retry_after` is in seconds.
    """

    status: int
    body: Mapping[str, Any] | None = field(repr=False)
    retry_after: float | None = None
    text: str = field(default="", repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether the status says so."""
        return 200 <= self.status < 300


class HttpCaller:
    """Calls. `limit` is in seconds and holds for the whole call."""

    def __init__(self, client: httpx.AsyncClient, *, limit: float) -> None:
        self._client = client
        self._limit = limit

    async def post(
        self, address: str, content: object, *, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer | Failure:
        """Post JSON. Before the connection stands nothing has left: that is Retry. After it, a lost answer is
        Unclear.
        """
        encoded = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        return await self._guarded("POST", address, content=encoded, headers=headers)

    async def get(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpAnswer | Failure:
        """Ask for something."""
        headers = {"Accept": "application/json", **(headers or {})}
        return await self._guarded("GET", address, headers=headers, params=params)

    async def upload(
        self,
        address: str,
        *,
        headers: Mapping[str, str],
        data: Mapping[str, Any],
        files: list[tuple[str, tuple[str, bytes, str]]],
    ) -> HttpAnswer | Failure:
        """Post a form with files: field name, then file name, bytes and content type of each."""
        headers = {"Accept": "application/json", **headers}
        return await self._guarded("POST", address, headers=headers, data=data, files=files)

    async def _guarded(self, method: str, address: str, **parts: Any) -> HttpAnswer | Failure:
        try:
            async with asyncio.timeout(self._limit):
                return await self._exchange(method, address, **parts)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Retry("unreachable")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            return Refused("misconfigured", "the API address cannot be used", disconnects=True)
        except (TimeoutError, httpx.TimeoutException):
            return Unclear("no answer in time")
        except httpx.HTTPError:
            return Unclear("the connection was lost before the answer")

    async def _exchange(self, method: str, address: str, **parts: Any) -> HttpAnswer:
        request = self._client.build_request(method, address, **parts)
        response = await self._client.send(request, stream=True)
        try:
            body = await _bounded(response)
        finally:
            await response.aclose()
        hint = _seconds(response.headers.get("retry-after"))
        return HttpAnswer(response.status_code, _object(body), hint, body[:500].decode("utf-8", "replace"))


async def _bounded(response: httpx.Response) -> bytes:
    """The body as far as we read it; a longer one is none of the platform's."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            return b""
    return bytes(body)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        decoded = json.loads(body)
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) else None


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
