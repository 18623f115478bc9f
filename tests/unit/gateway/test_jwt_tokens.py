from datetime import UTC, datetime, timedelta

import jwt
import pytest

from libs.contracts.errors import DomainError
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain.callers import PersonCaller
from tests.unit.gateway.samples import ANA, BEN

SECRET = "a secret of at least thirty-two bytes"


@pytest.mark.parametrize("ends", [10**18, 10**30])
def test_a_signed_token_that_ends_after_all_dates_is_no_token(ends: int) -> None:
    claims = {
        "sub": "ana",
        "account_id": "acme",
        "name": "Ana",
        "email": "ana@acme.test",
        "role": "agent",
        "departments": [],
        "iss": "parley",
        "aud": "parley",
        "iat": 1,
        "exp": ends,
    }
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    with pytest.raises(DomainError, match="not valid"):
        JwtTokens(SECRET, "parley").read_person(token)


def test_a_token_that_was_read_before_counts_until_it_ends_and_no_longer() -> None:
    moment = datetime.now(UTC)
    ends = (moment + timedelta(minutes=15)).replace(microsecond=0)
    tokens = JwtTokens(SECRET, "parley", lambda: moment)
    ana = PersonCaller(ANA, ends, "log-in")
    token = tokens.for_person(ana, issued_at=moment)
    assert [tokens.read_person(token) for _ in range(2)] == [ana, ana]
    moment = ends - timedelta(seconds=1)
    assert tokens.read_person(token) == ana
    moment = ends
    with pytest.raises(DomainError, match="not valid"):
        tokens.read_person(token)


def test_a_token_that_is_like_one_read_before_is_read_by_itself() -> None:
    tokens = JwtTokens(SECRET, "parley")
    ends = (datetime.now(UTC) + timedelta(minutes=15)).replace(microsecond=0)
    first, second = (
        tokens.for_person(PersonCaller(one, ends), issued_at=datetime.now(UTC)) for one in (ANA, BEN)
    )
    assert tokens.read_person(first).person == ANA
    head, claims, _ = second.split(".")
    for forged in (first[:-2], f"{head}.{claims}.{first.rpartition('.')[2]}", first + "A"):
        with pytest.raises(DomainError, match="not valid"):
            tokens.read_person(forged)
    assert tokens.read_person(second).person == BEN
