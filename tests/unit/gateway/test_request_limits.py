"""How many requests an address and a person may make."""

import pytest

from tests.unit.gateway.conftest import make_site, serve
from tests.unit.gateway.samples import ANA, BEN
from tests.unit.gateway.test_sockets import connected, ended

LIST = "/api/v1/conversations"


async def test_a_person_past_their_limit_is_told_when_to_come_back_and_others_are_not() -> None:
    site = make_site(requests_per_person=2)
    ana = {"Authorization": f"Bearer {site.token(ANA)}"}
    # Another token of the same person counts with the first.
    again = {"Authorization": f"Bearer {site.token(ANA, minutes=10)}"}
    assert [(await site.client.get(LIST, headers=ana)).status_code for _ in range(2)] == [200, 200]
    limited = await site.client.get(LIST, headers=again)
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert int(limited.headers["Retry-After"]) >= 1
    ben = {"Authorization": f"Bearer {site.token(BEN)}"}
    assert (await site.client.get(LIST, headers=ben)).status_code == 200
    await site.client.aclose()


async def test_an_address_is_limited_whatever_tokens_it_shows() -> None:
    site = make_site(requests_per_address=2)
    for token in ("guess-1", "guess-2"):
        answer = await site.client.get(LIST, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    limited = await site.client.get(LIST, headers={"Authorization": "Bearer guess-3"})
    assert limited.status_code == 429
    assert (await site.client.get("/livez")).status_code == 200
    await site.client.aclose()


@pytest.mark.parametrize("path", ["/ws", "/ws/chat/c-00ff", "/ws/widget"])
async def test_opening_sockets_is_limited_with_the_requests(path: str) -> None:
    site = make_site(requests_per_address=2)
    async for served in serve(site):
        for _ in range(2):
            async with connected(f"{served.ws}{path}?token=guess") as socket:
                assert await ended(socket) == 4401
        async with connected(f"{served.ws}{path}?token=guess") as socket:
            assert await ended(socket) == 1013
