"""Refresh tokens: `<family>.<secret>`, of which only digests are stored.

A family is one log-in. Each refresh replaces its secret; whoever shows a replaced one makes the family
worthless, because two parties hold its tokens. The one exception is the same request sent again, told by
its Idempotency-Key: the successor is derived from old token and key, so any replica can give it again.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Family:
    """One log-in. `current` and `previous` are digests of secrets; `request` is the digest of the key that
    the last refresh came with.
    """

    id: str
    person_id: str
    account_id: str
    current: str
    expires_at: datetime
    previous: str | None = None
    request: str | None = None
    rotated_at: datetime | None = None
    revoked: bool = False


def split(token: str) -> tuple[str, str] | None:
    """Family and secret, or None for what is no refresh token."""
    family, dot, secret = token.partition(".")
    return (family, secret) if dot and family and secret else None


def join(family: str, secret: str) -> str:
    """The token as the client keeps it."""
    return f"{family}.{secret}"


def digest(text: str) -> str:
    """What is stored in place of a secret. Secrets have 256 random bits, so one round suffices."""
    return sha256(text.encode()).hexdigest()


def successor(pepper: bytes, family: str, secret: str, request: str) -> str:
    """The secret that follows `secret` for the request of that key."""
    return hmac.new(pepper, f"refresh\x1f{family}\x1f{secret}\x1f{request}".encode(), sha256).hexdigest()


def keyed_digest(pepper: str, *parts: str) -> str:
    """A secret that only who knows the pepper can make again."""
    return hmac.new(pepper.encode(), "\x1f".join(parts).encode(), sha256).hexdigest()


def is_same(one: str | None, other: str | None) -> bool:
    """Compare digests without telling by time where they differ; None equals nothing."""
    return one is not None and other is not None and hmac.compare_digest(one, other)
