"""How agents keep conversations in order, over the running gateway: others never hear of it."""

from deploy.local.demo import account
from tests.e2e.parley import Parley
from tests.e2e.test_workflow import call, new_conversation

ANA, UMA = account.PEOPLE[0], account.PEOPLE[6]


async def test_labels_and_priority_are_shown_in_list_and_thread_and_told(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        answer = await call(parley, ana, "POST", f"{one}/labels", {"labels": ["VIP", " late  parcel "]})
        assert (answer.status_code, answer.json()["labels"]) == (200, ["late parcel", "vip"])
        frame = await ana.frame("conversation:labelled", lambda frame: frame["conversation_id"] == one)
        assert frame["labels"] == ["late parcel", "vip"]
        answer = await call(parley, ana, "DELETE", f"{one}/labels/late%20parcel")
        assert answer.json()["labels"] == ["vip"]
        answer = await call(parley, ana, "PUT", f"{one}/labels", {"labels": ["vip", "refund/late"]})
        assert answer.json()["labels"] == ["refund/late", "vip"]
        refused = await call(parley, ana, "PUT", f"{one}/labels", {"labels": [" "]})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")

        answer = await call(parley, ana, "PUT", f"{one}/priority", {"priority": "urgent"})
        assert answer.json()["priority"] == "urgent"
        frame = await ana.frame("conversation:priority", lambda frame: frame["conversation_id"] == one)
        assert frame["priority"] == "urgent"

        shown = (await parley.thread(ana, one))["conversation"]
        (row,) = [
            row for row in (await ana.request("GET", "/api/v1/conversations"))["items"] if row["id"] == one
        ]
        for found in (shown, row):
            assert (found["labels"], found["priority"]) == (["refund/late", "vip"], "urgent")
            assert {"label", "set_priority"} <= set(found["available_actions"])


async def test_notes_are_for_agents_alone(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        key = {"Idempotency-Key": f"note-{one}"}
        for _ in range(2):
            made = await call(parley, ana, "POST", f"{one}/notes", {"text": "secret-word"}, **key)
            assert (made.status_code, made.json()["author"]["name"]) == (201, ANA.name)
        frame = await ana.frame("conversation:note_added", lambda frame: frame["conversation_id"] == one)
        assert (frame["note_id"], frame["author"]["id"]) == (made.json()["id"], ANA.id)
        assert "secret-word" not in str(frame)
        assert (await call(parley, ana, "GET", f"{one}/notes")).json()["items"] == [made.json()]
        thread = await parley.thread(ana, one)
        assert "secret-word" not in str(thread)
        assert thread["conversation"]["note_count"] == 1
        gone = await call(parley, ana, "DELETE", f"{one}/notes/{made.json()['id']}")
        assert gone.json() == made.json()
        assert (await call(parley, ana, "GET", f"{one}/notes")).json()["items"] == []
