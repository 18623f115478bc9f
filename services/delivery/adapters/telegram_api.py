"""One call of Telegram's Bot API over HTTP.

The token is part of the address. So no address, no exception of the HTTP library and no text of one leaves
this module: what went wrong comes back as one of our own words.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.delivery.domain.outcomes import Refused, Retry, Unclear

#: Bytes of an answer that are read. A message of 4,096 characters comes back escaped, with its entities.
MOST_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Answer:
    """What Telegram said. `body` is None when it is not a JSON object, as from a proxy in front of it."""

    status: int
    body: Mapping[str, Any] | None = field(repr=False)
    retry_after: float | None = None

    @property
    def description(self) -> str:
        """Its words, for people."""
        description = self.body.get("description") if self.body else None
        return description if isinstance(description, str) else ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it added for programs."""
        parameters = self.body.get("parameters") if self.body else None
        return parameters if isinstance(parameters, dict) else {}

    @property
    def result(self) -> Mapping[str, Any] | None:
        """The result of a call that worked, where it is an object."""
        if not self.body or self.body.get("ok") is not True:
            return None
        result = self.body.get("result")
        return result if isinstance(result, dict) else {}


Failure = Retry | Refused | Unclear


class TelegramApi:
    """Calls methods. `limit` is in seconds and holds for the whole call."""

    def __init__(self, client: httpx.AsyncClient, *, limit: float) -> None:
        self._client = client
        self._limit = limit

    async def call(
        self, base: str, token: str, method: str, parameters: Mapping[str, Any]
    ) -> Answer | Failure:
        """Post one call. Before the connection stands nothing has left: that is Retry. After it, a lost
        answer is Unclear.
        """
        address = f"{base.rstrip('/')}/bot{token}/{method}"
        content = json.dumps(parameters, ensure_ascii=True, separators=(",", ":")).encode()
        try:
            async with asyncio.timeout(self._limit):
                return await self._post(address, content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Retry("unreachable")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            return Refused("misconfigured", "the API address cannot be used", disconnects=True)
        except (TimeoutError, httpx.TimeoutException):
            return Unclear("no answer in time")
        except httpx.HTTPError:
            return Unclear("the connection was lost before the answer")

    async def _post(self, address: str, content: bytes) -> Answer:
        request = self._client.build_request(
            "POST", address, content=content, headers={"Content-Type": "application/json"}
        )
        response = await self._client.send(request, stream=True)
        try:
            body = await _bounded(response)
        finally:
            await response.aclose()
        return Answer(response.status_code, _object(body), _seconds(response.headers.get("retry-after")))


async def _bounded(response: httpx.Response) -> bytes:
    """The body as far as we read it; one that is longer is none of Telegram's."""
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
