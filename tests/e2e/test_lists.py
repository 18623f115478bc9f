"""Lists narrowed down, sorted and searched over the running gateway."""

from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

ANA = account.PEOPLE[0]


async def listed(parley: Parley, console: Any, **filters: str) -> httpx.Response:
    return await parley.http.get(
        f"{parley.gateways[1]}/api/v1/conversations",
        params=filters,
        headers={"Authorization": f"Bearer {console.token}"},
    )


async def ids(parley: Parley, console: Any, **filters: str) -> list[str]:
    answer = await listed(parley, console, **filters)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


async def test_what_was_said_and_who_said_it_is_searched(parley: Parley) -> None:
    chat, other = new_chat(), new_chat()
    word = f"Zephyrine{chat}"
    await parley.bot.write(chat, f"My {word} is broken, naïvely said", wait=True)
    await parley.bot.write(other, "Something else", wait=True)
    async with parley.console(ANA) as ana:
        one = (await eventually(lambda: parley.conversation_of(ana, chat), "the conversation"))["id"]
        assert await ids(parley, ana, search=word.upper()) == [one]
        assert await ids(parley, ana, search=f"NAIVELY {word[:-1]}") == [one]
        assert await ids(parley, ana, search=f"else {word}") == []
        assert await ids(parley, ana, search=word, status="closed") == []
        row = await eventually(lambda: parley.conversation_of(ana, chat), "the conversation")
        assert one in await ids(parley, ana, search=row["contact"]["name"][:4], page_size="100")


async def test_lists_are_sorted_by_activity_or_by_beginning(parley: Parley) -> None:
    chat, later = new_chat(), new_chat()
    for one in (chat, later, chat):
        await parley.bot.write(one, "hello", wait=True)
    async with parley.console(ANA) as ana:
        first = (await eventually(lambda: parley.conversation_of(ana, chat), "the first"))["id"]
        second = (await eventually(lambda: parley.conversation_of(ana, later), "the second"))["id"]
        begun = await ids(parley, ana, sort_by="created_at", page_size="100")
        assert begun.index(second) < begun.index(first)
        assert (await listed(parley, ana, sort_by="mood")).json()["code"] == "invalid"
        page = (await listed(parley, ana, sort_by="created_at", page_size="1")).json()
        after = await ids(parley, ana, sort_by="created_at", page_size="1", cursor=page["next_cursor"])
        assert after != [page["items"][0]["id"]]
        wrong = await listed(parley, ana, cursor=page["next_cursor"])
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")


async def test_statistics_tell_how_the_week_goes(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        url = f"{parley.gateways[0]}/api/v1/conversations/stats"
        headers = {"Authorization": f"Bearer {ana.token}"}

        async def told(**asked: str) -> httpx.Response:
            return await parley.http.get(url, params=asked, headers=headers)

        before = (await told(tz="Asia/Kolkata")).json()["total"]
        chat = new_chat()
        await parley.bot.write(chat, "How long does delivery take?", wait=True)
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)

        async def counted() -> bool:
            now = (await told(tz="Asia/Kolkata")).json()["total"]
            grown = (
                now["received"] > before["received"] and now["delivery"]["sent"] > before["delivery"]["sent"]
            )
            return grown and now["started"] > before["started"] and now["response_rate"] is not None

        assert await eventually(counted, "the statistics")
        now = (await told()).json()
        assert set(now["by_status"]) == {"active", "handed_off", "resolved", "closed", "archived"}
        assert len(now["weeks"]) in {13, 14}
        assert now["weeks"][-1]["first_response_seconds"]["median"] > 0
        for wrong in ({"tz": "Mars/Olympus"}, {"from": "2026-02-01", "to": "2026-01-01"}):
            refused = await told(**wrong)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
        assert (await told(since="yesterday")).status_code == 400
