"""Section 5's list, filter by filter: each finds what fits and leaves out what does not."""

from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_lists import ids, listed
from tests.e2e.test_workflow import call, new_conversation

CARO = account.PEOPLE[2]
#: Rows that `page` reaches; behind them there is the cursor.
DEEPEST = 10_000


async def test_each_filter_finds_what_fits_and_leaves_out_what_does_not(parley: Parley) -> None:
    label = f"filters-{new_chat()}"
    async with parley.console(CARO) as caro:
        one = await new_conversation(parley, caro)
        other = await new_conversation(parley, caro)
        for conversation, department in ((one, "Orders"), (other, "Technical")):
            moved = await call(parley, caro, "POST", f"{conversation}/transfer", {"department": department})
            assert moved.status_code == 200, moved.text
        assert (await call(parley, caro, "POST", f"{one}/hand-off")).status_code == 200
        assigned = await call(parley, caro, "POST", f"{one}/assign", {"agent_id": CARO.id})
        assert assigned.status_code == 200, assigned.text
        labelled = await call(parley, caro, "POST", f"{one}/labels", {"labels": [label]})
        assert labelled.status_code == 200, labelled.text
        view = (await parley.thread(caro, one))["conversation"]
        filters: dict[str, dict[str, str]] = {
            "status": {"status": "handed_off"},
            "lead_id": {"lead_id": view["contact"]["id"]},
            "assignee": {"assignee": CARO.id},
            "department": {"department": "Orders"},
            "label": {"label": label},
        }

        async def found(**asked: str) -> list[str]:
            return await ids(parley, caro, page_size="100", **asked)

        for name, asked in filters.items():
            assert one in await found(**asked), name
            assert other not in await found(**asked), name
        both: dict[str, Any] = {"channel": "telegram", "chatbot_id": account.CHATBOT_ID}
        assert {one, other} <= set(await found(**both))
        assert not {one, other} & set(await found(channel="widget"))
        assert await found(chatbot_id="bot-nobody") == []
        assert await found(**{key: value for one in filters.values() for key, value in one.items()}) == [one]
        row = next(row for row in (await listed(parley, caro, label=label)).json()["items"])
        assert (row["contact"]["id"], row["has_pending_suggestion"]) == (view["contact"]["id"], False)
        assert row["last_message"]["content"]
        assert isinstance(row["unread"], int)


async def test_pages_end_where_the_cursor_begins(parley: Parley) -> None:
    async with parley.console(CARO) as caro:
        last = await listed(parley, caro, page=str(DEEPEST // 100), page_size="100")
        assert last.status_code == 200
        deeper = await listed(parley, caro, page=str(DEEPEST // 100 + 1), page_size="100")
        assert (deeper.status_code, deeper.json()["code"]) == (400, "use_cursor")
        assert (await listed(parley, caro, page_size="101")).status_code == 400


async def test_what_is_done_in_bulk_is_told_item_by_item(parley: Parley) -> None:
    async with parley.console(CARO) as caro:
        one, closed = await new_conversation(parley, caro), await new_conversation(parley, caro)
        await call(parley, caro, "POST", f"{closed}/close")
        nobody = "0190f1c27a007c3b9a512f6d1c0b8e11-3fa7"
        for action, done in (
            ({"action": "label", "add": ["bulk"]}, {one: None, closed: None, nobody: "not_found"}),
            (
                {"action": "assign", "agent_id": CARO.id},
                {one: None, closed: "invalid_transition", nobody: "not_found"},
            ),
            (
                {"action": "reply", "body": "Hello"},
                {one: None, closed: "not_handed_off", nobody: "not_found"},
            ),
            ({"action": "close"}, {one: None, closed: None, nobody: "not_found"}),
            ({"action": "archive"}, {one: None, closed: None, nobody: "not_found"}),
        ):
            answer = await call(
                parley, caro, "POST", "bulk", {**action, "conversation_ids": [one, closed, nobody]}
            )
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            assert {item["conversation_id"]: item["code"] for item in items} == done, action
            assert [item["done"] for item in items] == [code is None for code in done.values()]

        async def archived() -> bool:
            return (await parley.thread(caro, one))["conversation"]["status"] == "archived"

        await eventually(archived, "what was archived")
