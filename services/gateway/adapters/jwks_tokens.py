"""Tokens of an outside identity provider, checked with the keys that it publishes (RFC 7517)."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt

from libs.contracts.errors import ErrorCode, TransientError
from libs.runtime.logs import get_logger
from services.gateway.domain.outside_identity import refused

#: Bytes and keys of a provider's document.
_MOST_BYTES = 262_144
_MOST_KEYS = 64
#: Seconds: how long keys count unasked, how long while the provider is away, and between two questions for a
#: key that is not known (whoever sends nonsense shall not make us ask).
_FRESH, _STALE, _BETWEEN = 600.0, 86_400.0, 30.0
_TIME_LIMIT = 5.0
_LEEWAY = 30.0
_LAST_MOMENT = 253_402_300_799

_log = get_logger("identity")


class JwksKeys:
    """The keys, by their ids. One question at a time."""

    def __init__(
        self, url: str, client: httpx.AsyncClient, clock: Callable[[], float], *, between: float = _BETWEEN
    ) -> None:
        self._url = url
        self._client = client
        self._clock = clock
        self._between = between
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched: float | None = None
        self._asked: float | None = None
        self._asking = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """A key. Raises TransientError when there are none and the provider is away."""
        if self._is_old() or key_id not in self._keys:
            async with self._asking:
                if self._is_old() or key_id not in self._keys:
                    await self._refresh()
        return self._keys.get(key_id)

    def _is_old(self) -> bool:
        return self._fetched is None or self._clock() - self._fetched >= _FRESH

    async def _refresh(self) -> None:
        moment = self._clock()
        if self._asked is None or moment - self._asked >= self._between:
            self._asked = moment
            try:
                async with asyncio.timeout(_TIME_LIMIT):
                    self._keys = _read(await self._download())
                self._fetched = self._clock()
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                _log.warning("keys of the identity provider not read", reason=type(error).__name__)
        if self._fetched is None or moment - self._fetched >= _STALE:
            raise TransientError(ErrorCode.UNAVAILABLE, "the identity provider is away", retry_after=5)

    async def _download(self) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", self._url) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise ValueError("the document is too large")
        return bytes(body)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


class JwksTokens:
    """Checks signature, issuer, audience and time, by the settings' algorithms, never the token's."""

    def __init__(self, keys: JwksKeys, *, issuer: str, audience: str, algorithms: Sequence[str]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._algorithms = list(algorithms)

    def are_theirs(self, token: str) -> bool:
        """By the issuer that it names."""
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return claims.get("iss") == self._issuer

    async def read(self, token: str) -> tuple[Mapping[str, Any], datetime]:
        """Its claims and its end."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise refused() from error
        key_id = header.get("kid")
        if header.get("alg") not in self._algorithms or not isinstance(key_id, str):
            raise refused()
        key = await self._keys.find(key_id)
        if key is None:
            raise refused()
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud"], "verify_iat": False},
            )
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise refused() from error
        return claims, datetime.fromtimestamp(min(float(claims["exp"]), _LAST_MOMENT), UTC)


def _read(body: bytes) -> Mapping[str, jwt.PyJWK]:
    """The keys for signatures that have an id. Raises ValueError for what is no document of keys."""
    document = json.loads(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ValueError("no document of keys")
    keys = {}
    for one in listed:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") == "oct":
            continue
        if isinstance(one.get("kid"), str):
            try:
                keys[one["kid"]] = jwt.PyJWK(one)
            except jwt.PyJWTError:
                continue  # a kind that we do not know: its tokens are refused
    return keys
