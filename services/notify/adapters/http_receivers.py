"""Internal receivers over HTTP. Their addresses are the operator's, so private ones are allowed."""

import asyncio

import httpx

from libs.runtime.http_client import http_client
from libs.runtime.logs import get_logger

#: Seconds a post may take.
LIMIT = 10.0

_log = get_logger("internal_webhooks")


class HttpReceivers:
    """The port Receivers. Follows no redirects."""

    def __init__(self, *, limit: float = LIMIT) -> None:
        self._limit = limit
        self._client = http_client(timeout=limit)

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> bool:
        """2xx is taken; everything else is not, whatever it says."""
        try:
            async with (
                asyncio.timeout(self._limit),
                self._client.stream("POST", address, content=body, headers=headers) as answer,
            ):
                taken = answer.is_success
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.warning("internal webhook failed", error_type=type(error).__name__)
            return False
        if not taken:
            _log.warning("internal webhook refused", status=status)
        return taken

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
