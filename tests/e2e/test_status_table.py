"""Section 2's table from outside: every status with every command, of conversations and of tickets."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat, text_update
from tests.e2e.test_tickets import DORA, HANA, IVO, SAM, UMA, Caller, caller, in_hands
from tests.e2e.test_workflow import call, new_conversation

ANA = account.PEOPLE[0]
COMMANDS = {
    "hand_off": ("POST", "hand-off"),
    "return_to_ai": ("POST", "return-to-ai"),
    "resolve": ("POST", "resolve"),
    "close": ("POST", "close"),
    "reopen": ("POST", "reopen"),
    "archive": ("PATCH", "archive"),
    "unarchive": ("PATCH", "unarchive"),
}
SAME, NO = "same", "-"
#: Of a conversation that nobody is assigned to. Unarchive leads to the status before, here always `closed`.
TABLE = {
    "active": ("handed_off", SAME, "resolved", "closed", NO, "archived", NO),
    "handed_off": (SAME, "active", "resolved", "closed", NO, "archived", NO),
    "resolved": ("handed_off", "active", SAME, "closed", "active", "archived", NO),
    "closed": (NO, NO, NO, SAME, "active", "archived", NO),
    "archived": (NO, NO, NO, NO, NO, SAME, "closed"),
}
#: How each status is reached from `active`.
WAYS = {
    "active": (),
    "handed_off": ("hand_off",),
    "resolved": ("hand_off", "resolve"),
    "closed": ("close",),
    "archived": ("close", "archive"),
}
#: And left, a step at a time.
BACK = {"handed_off": "return_to_ai", "resolved": "return_to_ai", "closed": "reopen", "archived": "unarchive"}

Ask = Callable[[str], Awaitable[httpx.Response]]


class Walker:
    """Somebody who gives status commands to one conversation, and looks what has become of it."""

    def __init__(self, parley: Parley, console: Any, one: str) -> None:
        self._parley, self._console, self._one = parley, console, one

    async def __call__(self, command: str) -> httpx.Response:
        method, path = COMMANDS[command]
        return await call(self._parley, self._console, method, f"{self._one}/{path}")

    async def seen(self) -> Any:
        return await self._parley.thread(self._console, self._one)

    async def status(self) -> str:
        return str((await self.seen())["conversation"]["status"])

    async def reach(self, status: str) -> None:
        while (now := await self.status()) != "active":
            assert (await self(BACK[now])).status_code == 200, (status, now)
        for command in WAYS[status]:
            assert (await self(command)).status_code == 200, (status, command)


async def test_every_cell_of_the_table_is_as_it_says(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        walk = Walker(parley, ana, await new_conversation(parley, ana))
        for status, row in TABLE.items():
            await walk.reach(status)
            for command, wanted in zip(COMMANDS, row, strict=True):
                before = await walk.seen()
                answer = await walk(command)
                cell, after = (status, command, answer.text), await walk.seen()
                if wanted == NO:
                    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition"), cell
                else:
                    assert answer.status_code == 200, cell
                if wanted in {NO, SAME}:
                    assert after["timeline"] == before["timeline"], cell
                    assert after["conversation"]["version"] == before["conversation"]["version"], cell
                    continue
                step = after["timeline"][-1]
                assert (step["source"], step["target"], step["actor_id"]) == (status, wanted, ANA.id), cell
                assert after["conversation"]["status"] == wanted, cell
                if wanted != "active":
                    assert after["conversation"][f"{wanted}_at"], cell
                await walk.reach(status)


async def test_who_had_an_assignee_comes_back_to_them_and_a_close_keeps_them(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        walk = Walker(parley, ana, one)
        await walk("hand_off")
        await call(parley, ana, "POST", f"{one}/assign", {"agent_id": ANA.id})
        await walk("resolve")
        await walk("reopen")
        seen = (await walk.seen())["conversation"]
        assert (seen["status"], seen["assignee_id"]) == ("handed_off", ANA.id)
        await walk("close")
        assert (await walk.seen())["conversation"]["assignee_id"] == ANA.id
        await walk("reopen")
        seen = (await walk.seen())["conversation"]
        assert (seen["status"], seen["assignee_id"]) == ("active", None)


async def refusals(ask: dict[str, Ask], wanted: dict[str, int]) -> None:
    for name, status in wanted.items():
        answer = await ask[name](name)
        assert answer.status_code == status, (name, answer.text)


def doors(who: Caller, ticket: str) -> dict[str, Ask]:
    """Every way there is to resolve or to close a ticket."""
    console = f"/app/chatbots/{account.CHATBOT_ID}/conversations/{ticket}/status"
    bulk = {"action": "close", "conversation_ids": [ticket]}

    async def ask_bulk(_: str) -> httpx.Response:
        answer = await who("POST", "/api/v1/conversations/bulk", bulk)
        assert answer.status_code == 200, answer.text
        (item,) = answer.json()["items"]
        wanted = {None: 200, "forbidden": 403, "not_found": 404, "invalid_transition": 409}
        return httpx.Response(wanted[item["code"]], json=item)

    return {
        "resolve the ticket": lambda _: who("POST", f"/tickets/{ticket}/resolve"),
        "resolve the conversation": lambda _: who("POST", f"/api/v1/conversations/{ticket}/resolve"),
        "close the ticket": lambda _: who("POST", f"/tickets/{ticket}/close"),
        "close the conversation": lambda _: who("POST", f"/api/v1/conversations/{ticket}/close"),
        "close by the console": lambda _: who("PUT", console, {"status": "closed"}),
        "close in bulk": ask_bulk,
    }


async def test_a_ticket_is_resolved_by_its_requester_and_closed_by_its_agent_at_every_door(
    parley: Parley,
) -> None:
    uma, ivo, dora, hana, sam = [await caller(parley, one) for one in (UMA, IVO, DORA, HANA, SAM)]
    ticket = await in_hands(uma, ivo)

    async def status() -> str:
        return str((await uma.done("GET", f"/tickets/{ticket}"))["ticket"]["status"])

    closes = ("close the ticket", "close the conversation", "close by the console", "close in bulk")
    resolves = ("resolve the ticket", "resolve the conversation")
    for who in (ivo, dora):
        await refusals(doors(who, ticket), dict.fromkeys(resolves, 403) | dict.fromkeys(closes, 409))
    for who in (hana,):
        await refusals(doors(who, ticket), dict.fromkeys(resolves + closes, 404))
    await refusals(doors(sam, ticket), {"resolve the ticket": 404, "close the ticket": 404})
    assert await status() == "assigned"
    await uma.done("POST", f"/tickets/{ticket}/resolve")
    await uma.done("POST", f"/tickets/{ticket}/resolve")  # the same once more is done
    await ivo.done("POST", f"/api/v1/conversations/{ticket}/assign", {"agent_id": None})
    await refusals(doors(ivo, ticket), dict.fromkeys(closes, 403))
    assert await status() == "resolved"
    for door in closes:
        seen = await ivo.done("GET", f"/api/v1/conversations/{ticket}")
        if seen["conversation"]["status"] == "closed":
            await ivo.done("POST", f"/api/v1/conversations/{ticket}/reopen")
            await uma.done("POST", f"/tickets/{ticket}/resolve")
        await ivo.done("POST", f"/tickets/{ticket}/assign", {"agent_id": IVO.id})
        answer = await doors(ivo, ticket)[door](door)
        assert answer.status_code == 200, (door, answer.text)
        assert await status() == "closed"


async def test_a_tickets_own_status_follows_from_the_conversations(parley: Parley) -> None:
    uma, ivo = await caller(parley, UMA), await caller(parley, IVO)
    ticket = await in_hands(uma, ivo)

    async def status() -> tuple[str, str]:
        one = (await uma.done("GET", f"/tickets/{ticket}"))["ticket"]
        told = await ivo.done("GET", f"/tickets?department=IT&status={one['status']}&page_size=100")
        assert ticket in [row["id"] for row in told["items"]], one["status"]
        thread = await ivo.done("GET", f"/api/v1/conversations/{ticket}")
        return thread["conversation"]["status"], one["status"]

    assert await status() == ("handed_off", "assigned")
    path = f"/api/v1/conversations/{ticket}"
    await ivo.done("POST", f"{path}/return-to-ai")
    assert await status() == ("active", "open")
    await uma.done("POST", f"/tickets/{ticket}/resolve")
    assert await status() == ("resolved", "resolved")


async def test_what_the_contact_writes_reopens_and_what_is_no_message_does_not(parley: Parley) -> None:
    chat = new_chat()
    await parley.known_chat(chat)
    async with parley.console(ANA) as ana:
        await parley.webhook(text_update(chat, "How long does delivery take?", 1))
        row = await eventually(lambda: parley.conversation_of(ana, chat), "the conversation")
        await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
        walk = Walker(parley, ana, row["id"])
        number = 1
        for status in ("resolved", "closed", "archived"):
            await walk.reach(status)
            edit = text_update(chat, "How long does it take?", 1)
            edit["edited_message"] = edit.pop("message") | {"edit_date": 1_786_000_900 + number}
            assert (await parley.webhook(edit)).status_code == 200
            reaction = {
                "update_id": new_chat() % (1 << 40),
                "message_reaction": {
                    "chat": {"id": chat, "type": "private"},
                    "message_id": 1,
                    "user": {"id": chat, "is_bot": False, "first_name": "Mira"},
                    "date": 1_786_000_900 + number,
                    "old_reaction": [],
                    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
                },
            }
            assert (await parley.webhook(reaction)).status_code == 200
            before = await walk.status()
            assert before == status
            number += 1
            await parley.webhook(text_update(chat, "One more thing", number))

            async def reopened() -> bool:
                return await walk.status() == "active"

            await eventually(reopened, f"a message reopens what was {status}")
            moves = [(step["source"], step["target"]) for step in (await walk.seen())["timeline"]]
            assert moves[-1] == (status, "active")
