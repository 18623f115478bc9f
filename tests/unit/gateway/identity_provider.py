"""A stand-in of an identity provider on loopback: keys of its own, published over HTTP, and tokens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from libs.runtime.clock import now

ISSUER, AUDIENCE = "https://id.example", "parley"


class IdentityProvider:
    """Publishes `keys`; counts how often it was asked."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {}
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.body: bytes | None = None
        self.silent = False
        self.url = ""

    def add_key(self, key_id: str, kind: str = "rsa") -> None:
        """Make a key and publish it."""
        if kind == "rsa":
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = json.loads(RSAAlgorithm.to_jwk(made.public_key()))
            self.private[key_id] = made
        else:
            curve = ec.generate_private_key(ec.SECP256R1())
            public = json.loads(ECAlgorithm.to_jwk(curve.public_key()))
            self.private[key_id] = curve
        self.keys.append({**public, "kid": key_id, "use": "sig"})

    def token(self, key_id: str = "k1", algorithm: str = "RS256", **claims: Any) -> str:
        """A token; a claim that is None is left out."""
        wanted = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "agent-ana",
            "account_id": "acc-1",
            "exp": now() + timedelta(minutes=5),
        } | claims
        kept = {name: value for name, value in wanted.items() if value is not None}
        return jwt.encode(kept, self.private[key_id], algorithm=algorithm, headers={"kid": key_id})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.silent:
            await reader.read()  # until the caller has had enough
        else:
            body = self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()
            head = f"HTTP/1.1 {self.status} x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        writer.close()


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    """One that has a key `k1`, on a port of its own."""
    made = IdentityProvider()
    made.add_key("k1")
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    async with server:
        yield made
