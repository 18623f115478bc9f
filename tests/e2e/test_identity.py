"""Who somebody is, told by others: an outside identity provider's tokens, and a website's visitors."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import websockets
from cryptography.hazmat.primitives import serialization

from deploy.local.demo import account
from libs.runtime.clock import now
from services.gateway.domain.visitor_identity import sign
from tests.e2e.parley import Parley, eventually
from tests.unit.gateway.identity_provider import IdentityProvider

AGENT = {"tenant": account.ACCOUNT_ID, "employee": "outside-olga", "groups": ["support"], "teams": ["IT"]}
LIST = "/api/v1/conversations"


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "opaque", "account_id": None} | AGENT | changes


async def get(parley: Parley, token: str, path: str = LIST, gateway: int = 0) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await parley.http.get(f"{parley.gateways[gateway]}{path}", headers=headers)


async def close_code(parley: Parley, token: str) -> int | None:
    """How a socket ends that such a token opens."""
    address = parley.gateways[0].replace("http", "ws", 1) + "/ws"
    headers = {"Authorization": f"Bearer {token}"}
    async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
        async with asyncio.timeout(10):
            await socket.wait_closed()
        return socket.close_code


async def test_the_claims_say_who_it_is_by_their_mapping(parley: Parley, provider: IdentityProvider) -> None:
    agent, leader, requester = (
        provider.token(**claims(groups=groups)) for groups in ("support", ["staff", "leads"], ["staff"])
    )
    tried = [
        (one, path) for one in (agent, leader, requester) for path in (LIST, "/api/v1/audit", "/tickets")
    ]
    found = [(await get(parley, token, path)).status_code for token, path in tried]
    assert found == [200, 403, 200, 200, 200, 200, 403, 403, 200]
    assert (await get(parley, agent, "/tickets?department=HR")).status_code == 403
    assert (await get(parley, agent, "/tickets?department=IT")).status_code == 200
    foreign = provider.token(**claims(tenant="acc-elsewhere", groups="leads"))
    assert (await get(parley, foreign)).json()["items"] == []


async def test_what_is_no_good_token_counts_nowhere(parley: Parley, provider: IdentityProvider) -> None:
    good = provider.token(**claims())
    assert (await get(parley, good)).status_code == 200
    head, body, signature = good.split(".")
    fields = jwt.decode(good, options={"verify_signature": False})
    public = provider.private["k1"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    other = IdentityProvider()
    other.add_key("k1")
    confused = jwt.PyJWS().encode(json.dumps(fields, default=str).encode(), "x" * 40, algorithm="HS256")
    refused = {
        "another audience": provider.token(**claims(aud="another-app")),
        "no audience": provider.token(**claims(aud=None)),
        "another issuer": provider.token(**claims(iss="https://evil.example")),
        "our issuer": provider.token(**claims(iss="parley")),
        "ended": provider.token(**claims(exp=now() - timedelta(minutes=5))),
        "without an end": provider.token(**claims(exp=None)),
        "not yet": provider.token(**claims(nbf=now() + timedelta(hours=1))),
        "no account": provider.token(**claims(tenant=None)),
        "nobody": provider.token(**claims(employee="")),
        "no role": provider.token(**claims(groups=["visitors"])),
        "a role of ours by its own name": provider.token(**claims(groups=["admin"])),
        "an account that is an object": provider.token(**claims(tenant={"$ne": ""})),
        "another key of that name": other.token(**claims()),
        "another signature": f"{head}.{body}.{signature[:-4]}AAAA",
        "no signature": f"{head}.{body}.",
        "no algorithm": jwt.encode(fields, None, algorithm="none", headers={"kid": "k1"}),
        "the public key as a shared secret": hs256(fields, pem),
        "a key named by a path": hs256(fields, b"", kid="../../../../dev/null"),
        "a key that it brings itself": brought(other, claims()),
        "a shared secret": confused,
        "an algorithm that is not in use": provider.token(algorithm="RS512", **claims()),
    }
    for name, token in refused.items():
        answer = await get(parley, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), name
    for name in ("another audience", "no algorithm", "the public key as a shared secret"):
        assert await close_code(parley, refused[name]) == 4401, name


def hs256(fields: dict[str, Any], secret: bytes, kid: str = "k1") -> str:
    """Signed with what everybody knows: our own library refuses to, so by hand."""

    def packed(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head = packed(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode())
    signed = head + b"." + packed(json.dumps(fields).encode())
    return (signed + b"." + packed(hmac.digest(secret, signed, "sha256"))).decode()


def brought(other: IdentityProvider, wanted: dict[str, Any]) -> str:
    """A token whose head carries the key that signed it (CVE-2018-0114)."""
    fields = jwt.decode(other.token(**wanted), options={"verify_signature": False})
    head = {"kid": "k1", "jwk": other.keys[0], "jku": "http://127.0.0.1:1/keys"}
    return jwt.encode(fields, other.private["k1"], algorithm="RS256", headers=head)


async def test_keys_are_rotated_while_everything_runs(parley: Parley, provider: IdentityProvider) -> None:
    assert (await get(parley, provider.token(**claims()))).status_code == 200
    new = f"k-{uuid4().hex[:6]}"
    provider.add_key(new, "ec")
    token = provider.token(new, "ES256", **claims())

    async def counts() -> bool:
        answers = [await get(parley, token, gateway=one) for one in (0, 1)]
        return [one.status_code for one in answers] == [200, 200]

    await eventually(counts, "the new key is known on every replica")
    assert (await get(parley, provider.token(**claims()))).status_code == 200


async def test_who_is_made_inactive_or_logs_out_has_neither_token_nor_socket(
    parley: Parley, provider: IdentityProvider
) -> None:
    """GHSA-4hv6-xc92-j86g, with tokens that another has issued."""
    async with parley.console() as admin:
        hired = {"email": f"olga-{uuid4().hex[:8]}@kettle.test", "name": "Olga", "role": "agent"}
        olga = await admin.request("POST", "/api/v1/people", hired | {"departments": ["IT"]})
        token, second = (provider.token(**claims(employee=olga["id"], jti=one)) for one in ("1", "2"))
        address = parley.gateways[1].replace("http", "ws", 1) + "/ws"
        for one, end in ((token, "log out"), (second, "deactivate")):
            headers = {"Authorization": f"Bearer {one}"}
            async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
                assert json.loads(await socket.recv())["type"] == "subscribed"
                if end == "log out":
                    out = await parley.http.post(f"{parley.gateways[0]}/auth/logout", headers=headers)
                    assert out.status_code == 204
                else:
                    await admin.request("PATCH", f"/api/v1/people/{olga['id']}", {"active": False})
                async with asyncio.timeout(10):
                    await socket.wait_closed()
                assert socket.close_code == 4401, end

            async def out_everywhere(one: str = one) -> bool:
                answers = [await get(parley, one, gateway=at) for at in (0, 1)]
                return [answer.status_code for answer in answers] == [401, 401]

            await eventually(out_everywhere, f"the token counts nowhere: {end}", limit=5)


async def test_a_website_says_who_its_visitor_is_and_changes_its_secret(parley: Parley) -> None:
    first, second = f"s-{uuid4().hex}", f"s-{uuid4().hex}"
    user = f"customer-{uuid4().hex[:8]}@kettle.test"

    async with parley.console() as admin:
        body = {"chatbot_id": account.CHATBOT_ID, "channel": "widget", "name": "Shop"}
        secret = {"credentials": {"identity_secret": first}, "settings": {"identity": "required"}}
        made = await admin.request("POST", "/api/v1/connections", body | secret)
        assert (made["status"], made["credentials"]) == ("connected", ["identity_secret"])
        path = f"/api/v1/connections/{made['id']}"
        try:
            await _visit(parley, admin, made, path, user, first, second)
        finally:
            await admin.request("DELETE", path)


async def _visit(
    parley: Parley, admin: Any, made: Any, path: str, user: str, first: str, second: str
) -> None:
    async def session(identity: Any = None, connection: str = made["id"], at: int = 0) -> httpx.Response:
        body = {"connection_id": connection, "name": "Vera"}
        body |= {} if identity is None else {"identity": identity}
        return await parley.http.post(f"{parley.gateways[at]}/api/v1/widget/sessions", json=body)

    def identity(secret: str, signed: str = user, said: str = user) -> dict[str, str]:
        return {"user_id": said, "signature": sign(secret, signed)}

    good = identity(first)
    opened = [await session(good, at=at) for at in (0, 1)]
    assert [one.status_code for one in opened] == [201, 201]
    # One thread, wherever they come from, whose name says nothing of them.
    assert len({one.json()["session_id"] for one in opened}) == 1
    assert user not in opened[0].text
    refused = {
        "none": None,
        "somebody else's": identity(first, said="boss@kettle.test"),
        "another secret": identity(second),
        "cut off": good | {"signature": good["signature"][:-1]},
        "nothing": good | {"signature": "0" * 64},
        "the id itself": good | {"signature": user},
    }
    for name, one in refused.items():
        assert (await session(one)).status_code in {401, 422}, name
    # A widget that has no secret checks nobody's, and lets nobody say who they are.
    assert (await session(good, connection=account.WIDGET_CONNECTION)).status_code == 401

    rotated = await admin.request("POST", f"{path}/rotate", {"credentials": {"identity_secret": second}})
    assert first not in json.dumps(rotated) + json.dumps(await admin.request("GET", path))
    assert second not in json.dumps(rotated)

    async def changed() -> bool:
        answers = [await session(one, at=at) for at in (0, 1) for one in (good, identity(second))]
        return [one.status_code for one in answers] == [401, 201, 401, 201]

    await eventually(changed, "the new secret counts, and the old one does not")
    again = await session(identity(second))
    assert again.json()["session_id"] == opened[0].json()["session_id"]
