"""Reads a file over HTTP: bounded in time and redirects, from public addresses alone.

The client's resolver judges every address that is really used (libs/runtime/addresses.py), after a redirect
too. Neither address nor headers get into a log, as either may hold a secret.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import httpx

from libs.runtime.addresses import AddressRefusedError
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.media_ports import BrokenOffError, Download

_SCHEMES = frozenset({"http", "https"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})


class MediaDownloader:
    """`seconds` is for one file altogether, with its redirects."""

    def __init__(self, client: httpx.AsyncClient, *, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    @asynccontextmanager
    async def open(
        self, address: str, *, headers: Mapping[str, str] | None = None, redirects: int = 0
    ) -> AsyncIterator[Download | Refused | Retry]:
        """The file at an address that the platform gave. `headers` go to the first host alone."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        found = await self._reach(address, dict(headers or {}), redirects, deadline)
        if isinstance(found, Refused | Retry):
            yield found
            return
        try:
            yield Download(_chunks(found, deadline), found.headers.get("content-type"))
        finally:
            await found.aclose()

    async def _reach(
        self, address: str, headers: dict[str, str], redirects: int, deadline: float
    ) -> httpx.Response | Refused | Retry:
        for _ in range(redirects + 1):
            answer = await self._ask(address, headers, deadline)
            if isinstance(answer, Refused | Retry):
                return answer
            if answer.status_code not in _REDIRECTS:
                return await _judged(answer)
            await answer.aclose()
            further = urljoin(address, answer.headers.get("location", ""))
            if urlsplit(further).netloc != urlsplit(address).netloc:
                headers = {}
            address = further
        return Refused("redirected")

    async def _ask(
        self, address: str, headers: dict[str, str], deadline: float
    ) -> httpx.Response | Refused | Retry:
        try:
            parts = urlsplit(address)
            if parts.scheme not in _SCHEMES or not parts.hostname or parts.username is not None:
                return Refused("address_refused")
            async with asyncio.timeout_at(deadline):
                request = self._client.build_request("GET", address, headers=headers)
                return await self._client.send(request, stream=True)
        except httpx.ConnectError as error:
            refused = isinstance(error.__cause__, AddressRefusedError)
            return Refused("address_refused") if refused else Retry("unreachable")
        except (ValueError, httpx.InvalidURL, httpx.UnsupportedProtocol):
            return Refused("address_refused")
        except (TimeoutError, httpx.HTTPError):
            return Retry("unreachable")


async def _judged(answer: httpx.Response) -> httpx.Response | Refused | Retry:
    if answer.status_code == 200:
        return answer
    await answer.aclose()
    passing = answer.status_code >= 500 or answer.status_code in _PASSING
    return Retry(f"http_{answer.status_code}") if passing else Refused(f"http_{answer.status_code}")


async def _chunks(answer: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
    """Raises BrokenOffError past the deadline, and when the connection breaks."""
    pieces = answer.aiter_bytes(65_536)
    try:
        while True:
            async with asyncio.timeout_at(deadline):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
    except (TimeoutError, httpx.HTTPError) as error:
        raise BrokenOffError from error
