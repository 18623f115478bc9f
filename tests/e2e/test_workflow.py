"""Status, assignment and transfer over the running gateway, and who hears of it."""

from typing import Any

import httpx

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat

ANA, BEN, CARO = account.PEOPLE[0], account.PEOPLE[1], account.PEOPLE[2]


async def call(
    parley: Parley, console: Any, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """A request whose refusal is looked at; on the other gateway than the sockets are on."""
    return await parley.http.request(
        method,
        f"{parley.gateways[1]}/api/v1/conversations/{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token}", **headers},
    )


async def new_conversation(parley: Parley, console: Any) -> str:
    """The id of a conversation that the AI has answered once."""
    chat = new_chat()
    await parley.bot.write(chat, "How long does delivery take?", wait=True)
    await parley.bot.wait_for_messages(1, chat_id=chat, seconds=20)
    row = await eventually(lambda: parley.conversation_of(console, chat), "the conversation")
    return str(row["id"])


async def test_every_status_command_moves_it_and_the_thread_tells_who_when_and_why(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        steps = [
            ("POST", "hand-off", {"reason": "wants a person"}, "handed_off"),
            ("POST", "resolve", {"reason": "all said"}, "resolved"),
            ("POST", "reopen", None, "active"),
            ("POST", "hand-off", None, "handed_off"),
            ("POST", "return-to-ai", None, "active"),
            ("POST", "close", {}, "closed"),
            ("PATCH", "archive", {"reason": "old"}, "archived"),
            ("PATCH", "unarchive", None, "closed"),
        ]
        for method, path, body, status in steps:
            answer = await call(parley, ana, method, f"{one}/{path}", body)
            assert answer.status_code == 200, (path, answer.text)
            said = answer.json()
            assert said.get("conversation", said)["status"] == status, path
        thread = await parley.thread(ana, one)
        moves = [(step["target"], step["actor_id"], step["reason"]) for step in thread["timeline"]]
        assert moves[:2] == [("handed_off", ANA.id, "wants a person"), ("resolved", ANA.id, "all said")]
        assert ("archived", ANA.id, "old") in moves
        assert len(moves) == len(steps)
        conversation = thread["conversation"]
        assert all(conversation[f"{name}_at"] for name in ("handed_off", "resolved", "closed", "archived"))


async def test_what_the_table_refuses_is_409_and_changes_nothing(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        await call(parley, ana, "POST", f"{one}/close")
        version = (await parley.thread(ana, one))["conversation"]["version"]
        for path in ("hand-off", "resolve", "return-to-ai"):
            answer = await call(parley, ana, "POST", f"{one}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition"), path
        same = await call(parley, ana, "POST", f"{one}/close")
        assert (same.status_code, same.json()["version"]) == (200, version)


async def test_a_transfer_is_heard_by_those_who_gain_and_those_who_lose_it(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console(BEN) as ben, parley.console(CARO) as caro:
        one = await new_conversation(parley, ana)
        moved = await call(parley, caro, "POST", f"{one}/transfer", {"department": "Technical"})
        assert moved.status_code == 200
        for console in (ana, ben, caro):
            frame = await console.frame(
                "conversation:transferred", lambda frame: frame["conversation_id"] == one
            )
            assert (frame["department"], frame["former_department"]) == ("Technical", None)
        assert (await call(parley, ana, "GET", one)).status_code == 404
        assert (await call(parley, ana, "POST", f"{one}/assign", {"agent_id": ANA.id})).status_code == 404
        # Being assigned would let Ana see what her departments do not: that takes a transfer.
        answer = await call(parley, ben, "POST", f"{one}/assign", {"agent_id": ANA.id})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_assignee")
        given = await call(
            parley, ben, "POST", f"{one}/transfer", {"department": "Orders", "agent_id": CARO.id}
        )
        assert (given.json()["department"], given.json()["assignee_id"]) == ("Orders", CARO.id)


async def test_an_assignment_is_told_and_the_same_key_assigns_once(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        key = {"Idempotency-Key": f"assign-{one}"}
        first = await call(parley, ana, "POST", f"{one}/assign", {"agent_id": CARO.id}, **key)
        frame = await ana.frame("conversation:assigned", lambda frame: frame["conversation_id"] == one)
        assert (frame["assignee_id"], frame["former_assignee_id"]) == (CARO.id, None)
        await call(parley, ana, "POST", f"{one}/assign", {"agent_id": None})
        again = await call(parley, ana, "POST", f"{one}/assign", {"agent_id": CARO.id}, **key)
        assert again.json() == first.json()
        assert (await parley.thread(ana, one))["conversation"]["assignee_id"] is None


async def test_what_may_be_done_now_is_told_and_nothing_else_is_accepted(parley: Parley) -> None:
    paths = {
        "hand_off": ("POST", "hand-off"),
        "return_to_ai": ("POST", "return-to-ai"),
        "resolve": ("POST", "resolve"),
        "reopen": ("POST", "reopen"),
        "unarchive": ("PATCH", "unarchive"),
    }
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        for step in (None, ("POST", "hand-off"), ("POST", "close"), ("PATCH", "archive")):
            if step:
                await call(parley, ana, step[0], f"{one}/{step[1]}")
            thread = await parley.thread(ana, one)
            before = thread["conversation"]
            for action, (method, path) in paths.items():
                if action in before["available_actions"]:
                    continue
                answer = await call(parley, ana, method, f"{one}/{path}")
                assert answer.status_code in {200, 409}, (action, before["status"])
            after = await parley.thread(ana, one)
            assert after["conversation"]["status"] == before["status"]
            assert after["timeline"] == thread["timeline"]
