"""Entity tags over the running gateway: what was read, and changes made on the strength of it."""

from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually
from tests.e2e.test_workflow import call, new_conversation

ANA = account.PEOPLE[0]


async def at_rest(parley: Parley, console: Any, conversation_id: str) -> httpx.Response:
    """The thread once the answer's receipt is in it, which changes it, too."""

    async def look() -> httpx.Response | None:
        answer = await call(parley, console, "GET", conversation_id)
        states = [one["delivery"] for one in answer.json()["messages"] if one["direction"] == "outbound"]
        return answer if states and set(states) == {"sent"} else None

    found = await eventually(look, "the receipt of what was sent")
    assert found is not None
    return found


async def test_an_unchanged_thread_is_304_and_a_stale_change_is_refused(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        read = await at_rest(parley, ana, one)
        seen = read.headers["ETag"]
        assert seen.startswith(f'"{read.json()["conversation"]["version"]}.')
        assert read.headers["Last-Modified"].endswith(" GMT")
        assert "Date" in read.headers
        again = await call(parley, ana, "GET", one, **{"If-None-Match": seen})
        assert (again.status_code, again.content) == (304, b"")
        moved = await call(parley, ana, "POST", f"{one}/hand-off", **{"If-Match": seen})
        assert moved.status_code == 200, moved.text
        fresh = await call(parley, ana, "GET", one, **{"If-None-Match": seen})
        assert fresh.status_code == 200
        for method, path in (("POST", "resolve"), ("PATCH", "archive"), ("POST", "return-to-ai")):
            stale = await call(parley, ana, method, f"{one}/{path}", **{"If-Match": seen})
            assert (stale.status_code, stale.json()["code"]) == (409, "conflict"), path
        unread = await call(parley, ana, "POST", f"{one}/resolve", **{"If-Match": "7"})
        assert (unread.status_code, unread.json()["code"]) == (400, "unreadable")
        assert (await parley.thread(ana, one))["conversation"]["status"] == "handed_off"
        now = fresh.headers["ETag"]
        settled = await call(parley, ana, "POST", f"{one}/resolve", **{"If-Match": now})
        assert settled.status_code == 200


async def test_the_same_key_and_tag_give_the_same_answer_though_the_version_has_moved_on(
    parley: Parley,
) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        seen = (await at_rest(parley, ana, one)).headers["ETag"]
        headers = {"If-Match": seen, "Idempotency-Key": f"close-{one}"}
        first = await call(parley, ana, "POST", f"{one}/close", **headers)
        again = await call(parley, ana, "POST", f"{one}/close", **headers)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()


async def test_reading_does_not_make_a_tag_stale(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        seen = (await at_rest(parley, ana, one)).headers["ETag"]
        marked = await call(parley, ana, "POST", f"{one}/read", {})
        assert (marked.status_code, marked.json()["unread"]) == (200, 0)
        fresh = await call(parley, ana, "GET", one, **{"If-None-Match": seen})
        assert fresh.status_code == 200
        moved = await call(parley, ana, "POST", f"{one}/hand-off", **{"If-Match": seen})
        assert moved.status_code == 200, moved.text
