"""Posts that come from no platform, at the door of each channel: refused, and nothing of them is kept."""

from collections.abc import AsyncIterator
from time import time

import pytest

from libs.contracts.vocabulary import Channel
from tests.e2e.channel_doors import DOORS, SECRET, Door, Headers, Person, opened, sign_chatwoot
from tests.e2e.parley import Parley, eventually
from tests.unit.gateway.channel_samples import escaped

JO = Person("Jo Wren")


@pytest.fixture(scope="module")
async def doors(parley: Parley) -> AsyncIterator[None]:
    async with opened(parley):
        yield


def forged(door: Door, body: bytes) -> dict[str, Headers]:
    """What a forger may bring instead of the right header."""
    right = door.sign(SECRET, body)
    value = right[door.header]

    def having(changed: str) -> Headers:
        return right | {door.header: changed}

    found = {
        "nothing": {},
        "an empty header": having(""),
        "another secret": door.sign("another", body),
        "no secret at all": door.sign("", body),
        "the secret in another case": door.sign(SECRET.swapcase(), body),
        "cut off": having(value[:-1]),
        "cut to its beginning": having(value[:12]),
        "longer": having(f"{value}0"),
        "twice": having(f"{value},{value}"),
        "the secret itself": having(SECRET),
        "another scheme": having(value.replace("sha256=", "sha1=").replace("Basic ", "Bearer ")),
        "not ASCII": having("sha256=é"),
    }
    if door.covers_body:
        found["another body's"] = door.sign(SECRET, body + b" ")
    if door.channel is Channel.CHATWOOT:
        found["of an hour ago"] = sign_chatwoot(SECRET, body, int(time()) - 3600)
        found["of tomorrow"] = sign_chatwoot(SECRET, body, int(time()) + 86_400)
        found["another time's"] = right | {"X-Chatwoot-Timestamp": str(int(time()) + 1)}
        found["no time"] = right | {"X-Chatwoot-Timestamp": "now"}
    return found


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize("door", DOORS, ids=lambda door: str(door.channel))
async def test_a_forged_post_is_refused_and_leaves_nothing(parley: Parley, door: Door) -> None:
    """CVE-2026-39969 (unsigned WhatsApp taken), CVE-2022-31013, CVE-2024-21491."""
    text = f"forged{SECRET[-10:]}at{door.channel}"
    body = escaped(door.message(text, JO))
    for name, headers in forged(door, body).items():
        answer = await door.post(parley, body, {key: value.encode() for key, value in headers.items()})  # type: ignore[misc] # httpx takes bytes
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), name
    # Without a secret nobody is let in, whatever they bring.
    address = f"{door.address(parley)}-unset"
    for secret in ("", "None", "t", SECRET):
        headers = {"Content-Type": "application/json"} | door.sign(secret, body)
        assert (await parley.http.post(address, content=body, headers=headers)).status_code == 401, secret
    # A genuine one, sent three times, is one message; of the forged ones nothing is there.
    word = f"genuine{SECRET[-10:]}at{door.channel}"
    genuine = escaped(door.message(word, JO))
    for _ in range(3):
        assert (await door.post(parley, genuine, door.sign(SECRET, genuine))).status_code == 200
    async with parley.console() as admin:

        async def found(search: str) -> list[str]:
            page = await admin.request("GET", f"/api/v1/conversations?search={search}")
            return [row["id"] for row in page["items"]]

        await eventually(lambda: found(word), "the genuine message")
        (one,) = await found(word)
        thread = await parley.thread(admin, one)
        assert [said["content"] for said in thread["messages"]].count(word) == 1
        assert await found(text) == []
