import jwt
import pytest

from libs.contracts.errors import DomainError
from services.gateway.adapters.jwt_tokens import JwtTokens

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
