"""Tokens of an outside identity provider: what counts, what does not, and what they mean here."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ParleyError, TransientError
from libs.runtime.clock import now
from services.gateway.adapters import jwks_tokens
from services.gateway.adapters.jwks_tokens import JwksKeys, JwksTokens
from services.gateway.domain import outside_identity
from services.gateway.domain.ended_sessions import EndedSessions, name_of
from services.gateway.domain.outside_identity import ClaimMapping
from services.gateway.use_cases import identify_outside
from services.gateway.use_cases.identify_outside import IdentifyOutside
from tests.unit.gateway.conftest import make_site, serve, settings
from tests.unit.gateway.fakes import Clock, Directory
from tests.unit.gateway.identity_provider import AUDIENCE, ISSUER, IdentityProvider, identity_provider
from tests.unit.gateway.samples import ACCOUNT, ANA
from tests.unit.gateway.test_sockets import connected, frame

ROLES = {"support": "agent", "lead": "admin", "staff": "user"}
BY_PROVIDER = ClaimMapping(role="groups", roles=ROLES)


class Seconds:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Side:
    """Our side, with the provider that it asks."""

    def __init__(self, provider: IdentityProvider, client: httpx.AsyncClient) -> None:
        self.provider = provider
        self.seconds = Seconds()
        self.people = Directory(ANA)
        self.clock = Clock()
        self.clock.moment = now()
        self.ended = EndedSessions(timedelta(minutes=15), self.clock.now)
        self.keys = JwksKeys(provider.url, client, self.seconds)
        self.tokens = JwksTokens(self.keys, issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256", "ES256"))
        self.identify = self.mapped(ClaimMapping())

    def mapped(self, mapping: ClaimMapping) -> IdentifyOutside:
        return IdentifyOutside(
            self.tokens, mapping, self.people, self.clock.now, timedelta(minutes=15), self.ended
        )

    async def refuses(self, token: str, identify: IdentifyOutside | None = None) -> str:
        with pytest.raises(ParleyError) as refused:
            await (identify or self.identify)(token)
        return refused.value.code


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with identity_provider() as provider, httpx.AsyncClient(trust_env=False) as client:
        yield Side(provider, client)


async def test_whom_the_directory_knows_acts_as_it_says(side: Side) -> None:
    token = side.provider.token(role="admin")
    assert side.identify.is_theirs(token)
    caller = await side.identify(token)
    assert caller.person == ANA
    assert caller.vouched is not None
    assert caller.session_id not in {None, token}
    assert caller.expires_at <= now() + timedelta(minutes=5, seconds=1)
    side.provider.add_key("k2", "ec")
    side.seconds.at += 60
    assert (await side.identify(side.provider.token("k2", "ES256"))).person == ANA


async def test_a_long_token_is_looked_at_again(side: Side) -> None:
    caller = await side.identify(side.provider.token(exp=now() + timedelta(days=3)))
    assert caller.expires_at == side.clock.moment + timedelta(minutes=15)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another-app"},
        {"aud": None},
        {"exp": None},
        {"exp": now() - timedelta(minutes=5)},
        {"sub": None},
        {"sub": ""},
        {"account_id": None},
        {"account_id": "acc-2"},
        {"sub": "nobody"},
        {"nbf": now() + timedelta(days=1)},  # made at import: the suite may run for long
    ],
)
async def test_a_token_that_does_not_fit_is_refused(side: Side, claims: dict[str, Any]) -> None:
    assert await side.refuses(side.provider.token(**claims)) == "unauthenticated"


async def test_a_forged_token_is_refused_whatever_it_says_of_its_algorithm(side: Side) -> None:
    good = side.provider.token()
    head, body, signature = good.split(".")
    other = IdentityProvider()
    other.add_key("k1")
    fields = jwt.decode(good, options={"verify_signature": False})
    forged = [
        other.token(),
        f"{head}.{body}.{signature[:-4]}AAAA",
        jwt.encode(fields, None, algorithm="none", headers={"kid": "k1"}),
        jwt.encode(fields, "k" * 40, algorithm="HS256", headers={"kid": "k1"}),
        side.provider.token(algorithm="RS512"),
        jwt.encode(fields, side.provider.private["k1"], algorithm="RS256"),
        "not-a-token",
    ]
    for token in forged:
        assert await side.refuses(token) == "unauthenticated", token
    assert not side.identify.is_theirs("not-a-token")


async def test_keys_are_asked_for_once_and_for_an_unknown_one_now_and_then(side: Side) -> None:
    for _ in range(3):
        await side.identify(side.provider.token())
    assert side.provider.asked == 1
    side.provider.add_key("k2")
    for _ in range(5):
        assert await side.refuses(side.provider.token("k2")) == "unauthenticated"
    assert side.provider.asked == 1
    side.seconds.at += 31
    await side.identify(side.provider.token("k2"))
    assert side.provider.asked == 2
    side.provider.keys.pop(0)
    side.seconds.at += 601
    assert await side.refuses(side.provider.token("k1")) == "unauthenticated"


async def test_while_the_provider_is_away_known_keys_count_for_a_day(side: Side) -> None:
    await side.identify(side.provider.token())
    side.provider.status = 500
    side.seconds.at += 3_600
    await side.identify(side.provider.token())
    side.seconds.at += 86_400
    assert await side.refuses(side.provider.token()) == "unavailable"
    side.provider.status = 200
    side.seconds.at += 31
    await side.identify(side.provider.token())


@pytest.mark.parametrize(
    "body", [b"x", b"[]", b'{"keys": 1}', b'{"keys": [' + b"1," * 65 + b"1]}", b" " * 300_000]
)
async def test_what_is_no_document_of_keys_gives_none(side: Side, body: bytes, logged: list[Any]) -> None:
    side.provider.body = body
    assert await side.refuses(side.provider.token()) == "unavailable"
    assert [line["event"] for line in logged] == ["keys of the identity provider not read"]


async def test_keys_that_sign_nothing_are_passed_over(side: Side) -> None:
    good = side.provider.keys[0]
    side.provider.keys = [
        {**good, "kid": "enc", "use": "enc"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "new", "kid": "new"},
        {name: value for name, value in good.items() if name != "kid"},
        good,
    ]
    await side.identify(side.provider.token())
    for key_id in ("enc", "shared", "new"):
        side.provider.private[key_id] = side.provider.private["k1"]
        assert await side.refuses(side.provider.token(key_id)) == "unauthenticated"


async def test_a_provider_that_says_nothing_is_given_up(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks_tokens, "_TIME_LIMIT", 0.05)
    side.provider.silent = True
    with pytest.raises(TransientError):
        await side.identify(side.provider.token())


async def test_a_role_claim_says_role_and_departments(side: Side) -> None:
    identify = side.mapped(BY_PROVIDER)
    token = side.provider.token(
        sub="eve", groups=["x", "support", "staff"], departments=["IT", 7], email="e@x.org"
    )
    caller = await identify(token)
    assert caller.person == Person(
        id="eve", account_id=ACCOUNT, email="e@x.org", name="", role="agent", departments=("IT",)
    )
    boss = await identify(side.provider.token(groups="lead"))
    assert (boss.role, boss.person.name, boss.person.email) == ("admin", ANA.name, ANA.email)
    for groups in (None, [], ["unknown"], 7):
        assert await side.refuses(side.provider.token(groups=groups), identify) == "unauthenticated"
    one_account = side.mapped(ClaimMapping(account_id=ACCOUNT))
    assert (await one_account(side.provider.token(account_id="acc-2"))).account_id == ACCOUNT


async def test_somebody_inactive_is_refused_within_half_a_minute(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    identify = side.mapped(BY_PROVIDER)
    token = side.provider.token(groups="support")
    await identify(token)
    side.people.people[ANA.id] = ANA.model_copy(update={"active": False})
    await identify(token)
    side.clock.pass_by(seconds=31)
    assert await side.refuses(token, identify) == "unauthenticated"
    monkeypatch.setattr(identify_outside, "_MOST", 1)
    await identify(side.provider.token(sub="eve", groups="support"))
    assert await side.refuses(token, identify) == "unauthenticated"


async def test_over_http_and_sockets_such_a_token_counts_like_ours(side: Side) -> None:
    site = make_site(provider=side.tokens)
    async for served in serve(site):
        headers = {"Authorization": f"Bearer {side.provider.token()}"}
        assert (await site.client.get("/api/v1/conversations", headers=headers)).status_code == 200
        ours = await site.client.get("/api/v1/conversations", headers=site.bearer())
        assert ours.status_code == 200
        wrong = {"Authorization": f"Bearer {side.provider.token(aud='another-app')}"}
        assert (await site.client.get("/api/v1/conversations", headers=wrong)).status_code == 401
        async with connected(f"{served.ws}/ws", additional_headers=headers) as socket:
            assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"


async def test_who_logs_out_with_such_a_token_has_ended_it_until_it_ends_by_itself(side: Side) -> None:
    site = make_site(provider=side.tokens)
    async for served in serve(site):
        token, another = side.provider.token(), side.provider.token(nonce="another")
        headers = {"Authorization": f"Bearer {token}"}
        async with connected(f"{served.ws}/ws", additional_headers=headers) as socket:
            await frame(socket)
            key = headers | {"Idempotency-Key": "out"}
            assert (await site.client.post("/auth/logout", headers=key)).status_code == 204
            await socket.wait_closed()
            assert socket.close_code == 4401
        assert (await site.client.post("/auth/logout", headers=key)).status_code == 204
        assert (await site.client.post("/auth/logout", headers=headers)).status_code == 401
        assert (await site.client.get("/api/v1/conversations", headers=headers)).status_code == 401
        others = {"Authorization": f"Bearer {another}"}
        assert (await site.client.get("/api/v1/conversations", headers=others)).status_code == 200
        ((token_id, until),) = site.ended_tokens.rows.items()
        assert token not in token_id
        assert until > now() + timedelta(minutes=4)
        assert site.announce.told[-1] == token_id
        everywhere = {"everywhere": True}
        assert (await site.client.post("/auth/logout", headers=others, json=everywhere)).status_code == 204
        assert len(site.ended_tokens.rows) == 2


async def test_somebody_made_inactive_has_no_socket_left_and_is_looked_up_again(side: Side) -> None:
    site = make_site(provider=side.tokens)
    async for served in serve(site):
        headers = {"Authorization": f"Bearer {side.provider.token()}"}
        async with connected(f"{served.ws}/ws", additional_headers=headers) as socket:
            await frame(socket)
            site.people.people[ANA.id] = ANA.model_copy(update={"active": False})
            site.ended.end([name_of(ANA.id, "another")])
            assert (await site.client.get("/api/v1/conversations", headers=headers)).status_code == 200
            site.ended.end([name_of(ANA.id, ACCOUNT)])
            await socket.wait_closed()
            assert socket.close_code == 4401
        assert (await site.client.get("/api/v1/conversations", headers=headers)).status_code == 401
        site.people.people[ANA.id] = ANA
        site.ended.end([name_of(ANA.id, ACCOUNT)])
        async with connected(f"{served.ws}/ws", additional_headers=headers) as socket:
            assert (await frame(socket))["topic"] == f"account:{ACCOUNT}"


def test_a_claim_that_is_too_long_is_none() -> None:
    with pytest.raises(DomainError):
        outside_identity.claimed({"sub": "x" * 257, "account_id": "a"}, ClaimMapping())


PROVIDER = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_jwks_url": "https://id.example/keys"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_audience": ""},
        {"oidc_jwks_url": ""},
        {"oidc_jwks_url": "http://id.example/keys"},
        {"oidc_issuer": "parley"},
        {"oidc_algorithms": ("HS256",)},
        {"oidc_algorithms": ()},
        {"oidc_algorithms": ("none",)},
        {"oidc_roles": {"lead": "owner"}},
    ],
)
def test_settings_that_would_let_somebody_in_are_refused(wrong: dict[str, Any]) -> None:
    assert settings(**PROVIDER).oidc_issuer == ISSUER
    assert settings(**PROVIDER | {"oidc_jwks_url": "http://127.0.0.1:1/keys"})
    with pytest.raises(ValueError, match="oidc"):
        settings(**PROVIDER | wrong)
