"""Visitors whom the website identifies: one thread each, and nobody else's."""

import hmac
from hashlib import sha256
from typing import Any

import pytest

from services.gateway.domain.visitor_identity import sign
from tests.unit.gateway.conftest import Site, make_site
from tests.unit.gateway.samples import WIDGET
from tests.unit.gateway.test_http import check_error

PATH = "/api/v1/widget/sessions"
SECRET = "the-website-and-we-know-it"


def site_with(**changes: Any) -> Site:
    site = make_site()
    site.connections.rows["conn-web"] = WIDGET.model_copy(update=changes)
    return site


async def open_session(site: Site, **fields: Any) -> Any:
    return await site.client.post(PATH, json={"connection_id": "conn-web", **fields})


def signed(user_id: str, secret: str = SECRET) -> dict[str, str]:
    return {"user_id": user_id, "signature": sign(secret, user_id)}


def test_the_signature_is_what_any_server_can_compute() -> None:
    assert sign(SECRET, "mira") == hmac.new(SECRET.encode(), b"mira", sha256).hexdigest()


async def test_whom_the_website_names_has_one_thread_whatever_they_bring() -> None:
    site = site_with(identity_secret=SECRET)
    first = (await open_session(site, identity=signed("mira@example.org"))).json()
    again = (await open_session(site, identity=signed("mira@example.org"))).json()
    other = (await open_session(site, identity=signed("noor@example.org"))).json()
    unnamed = (await open_session(site)).json()
    assert first["session_id"] == again["session_id"]
    assert len({first["session_id"], other["session_id"], unnamed["session_id"]}) == 3
    assert "mira" not in first["session_id"]
    taken = (await open_session(site, identity=signed("mira@example.org"), token=other["token"])).json()
    assert taken["session_id"] == first["session_id"]
    upper = {"user_id": "mira@example.org", "signature": sign(SECRET, "mira@example.org").upper()}
    assert (await open_session(site, identity=upper)).json()["session_id"] == first["session_id"]


@pytest.mark.parametrize(
    ("secret", "identity"),
    [
        (SECRET, signed("mira", "another-secret")),
        (SECRET, {"user_id": "noor", "signature": sign(SECRET, "mira")}),
        (SECRET, {"user_id": "mira", "signature": "0" * 64}),
        (None, signed("mira", "")),
        ("", signed("mira", "")),
    ],
)
async def test_a_wrong_signature_is_401_and_without_a_secret_there_is_no_right_one(
    secret: str | None, identity: dict[str, str]
) -> None:
    site = site_with(identity_secret=secret)
    check_error(await open_session(site, identity=identity), 401, "unauthenticated")


async def test_where_it_is_required_nobody_comes_without_not_even_with_an_old_token() -> None:
    free, strict = site_with(), site_with(identity_secret=SECRET, settings={"identity": "required"})
    old = (await open_session(free)).json()["token"]
    check_error(await open_session(strict), 401, "unauthenticated")
    check_error(await open_session(strict, token=old), 401, "unauthenticated")
    assert (await open_session(strict, identity=signed("mira"))).status_code == 201


@pytest.mark.parametrize(
    "identity",
    [{"user_id": "mira"}, {"user_id": "", "signature": "0" * 64}, {"user_id": "m", "signature": "xy"}],
)
async def test_what_is_no_identity_is_422(identity: dict[str, str]) -> None:
    check_error(await open_session(site_with(identity_secret=SECRET), identity=identity), 422, "invalid")
