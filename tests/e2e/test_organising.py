"""How agents keep conversations in order, over the running gateway: others never hear of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually
from tests.e2e.test_workflow import call, new_conversation

ANA = account.PEOPLE[0]


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


async def test_what_is_put_off_happens_once_though_the_service_dies_meanwhile(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        soon = datetime.now(UTC) + timedelta(seconds=2)
        later = (soon + timedelta(hours=1)).isoformat()
        snoozed = await call(parley, ana, "POST", f"{one}/snooze", {"until": soon.isoformat()})
        assert snoozed.status_code == 200
        assert snoozed.json()["snoozed_until"]
        body = {"body": "Is all well now?", "send_at": soon.isoformat()}
        made = await call(parley, ana, "POST", f"{one}/scheduled-replies", body)
        other = await call(parley, ana, "POST", f"{one}/scheduled-replies", body | {"send_at": later})
        assert (made.status_code, other.status_code) == (201, 201)
        gone = await call(parley, ana, "DELETE", f"{one}/scheduled-replies/{other.json()['id']}")
        assert gone.json()["state"] == "cancelled"
        supervisor = parley.stack.supervisor
        names = [name for name in parley.stack.names if name.startswith("conversation")]
        await asyncio.gather(*(supervisor.kill(name) for name in names))
        await asyncio.gather(*(supervisor.restart(name) for name in names))

        woken = await ana.frame("conversation:woken", lambda frame: frame["conversation_id"] == one)
        assert woken["reason"] == "due"
        await ana.frame("conversation:scheduled_reply", lambda frame: frame["state"] == "sent")
        kept = (await call(parley, ana, "GET", f"{one}/scheduled-replies")).json()["items"]
        assert [reply["state"] for reply in kept] == ["cancelled", "sent"]
        thread = await parley.thread(ana, one)
        assert thread["conversation"]["snoozed_until"] is None
        said = [row["id"] for row in thread["messages"] if row["content"] == "Is all well now?"]
        assert said == [kept[1]["message_id"]]
        refused = await call(parley, ana, "POST", f"{one}/snooze", {"until": soon.isoformat()})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_a_template_is_written_previewed_and_a_draft_kept(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console() as dora:
        one = await new_conversation(parley, ana)
        address = f"{parley.gateways[1]}/api/v1/templates"
        headers = {"Authorization": f"Bearer {ana.token}"}
        shortcut = f"s{one[:20]}"
        body = {
            "name": "Greeting",
            "content": "Hello {{contact.first_name|there}}, this is {{agent.first_name}}.",
            "shortcut": shortcut,
            "department": "Orders",
        }
        made = await parley.http.post(address, json=body, headers=headers)
        assert made.status_code == 201
        again = await parley.http.post(address, json=body, headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        wrong = await parley.http.post(address, json=body | {"content": "{{contact.nmae}}"}, headers=headers)
        assert wrong.status_code == 422
        assert "contact.nmae" in wrong.json()["detail"]
        found = await parley.http.get(f"{address}?shortcut={shortcut}", headers=headers)
        assert found.json()["items"] == [made.json()]
        preview = f"{address}/{made.json()['id']}/preview?conversation_id={one}"
        shown = (await parley.http.get(preview, headers=headers)).json()
        assert shown["content"].endswith(", this is Ana.")
        assert shown["missing"] == []

        kept = await call(parley, ana, "PUT", f"{one}/draft", {"body": "Dear"})
        assert (await call(parley, ana, "GET", f"{one}/draft")).json()["content"] == "Dear"
        assert kept.status_code == 200
        assert (await call(parley, dora, "GET", f"{one}/draft")).status_code == 404
        await call(parley, ana, "DELETE", f"{one}/draft")
        assert (await call(parley, ana, "GET", f"{one}/draft")).status_code == 404
        gone = await parley.http.delete(f"{address}/{made.json()['id']}", headers=headers)
        assert gone.json() == made.json()


async def test_many_conversations_at_once_each_with_a_result_of_its_own(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one, two = await new_conversation(parley, ana), await new_conversation(parley, ana)
        await call(parley, ana, "POST", f"{two}/close")
        ids = [one, two, "0" * 32 + "abcd"]
        key = {"Idempotency-Key": f"bulk-{one}"}
        reply = {"action": "reply", "conversation_ids": ids, "body": "Back in stock."}
        answers = [(await call(parley, ana, "POST", "bulk", reply, **key)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        shown = [(item["conversation_id"], item["code"]) for item in answers[0]["items"]]
        assert shown == [(one, None), (two, "not_handed_off"), (ids[2], "not_found")]
        thread = await parley.thread(ana, one)
        said = [row["id"] for row in thread["messages"] if row["content"] == "Back in stock."]
        assert said == [answers[0]["items"][0]["message_id"]]
        labels = {"action": "label", "conversation_ids": [one, two], "add": ["stock"]}
        assert (await call(parley, ana, "POST", "bulk", labels)).json()["done"] == 2
        archived = {"action": "archive", "conversation_ids": [one, two]}
        assert (await call(parley, ana, "POST", "bulk", archived)).json()["done"] == 2
        shown_two = (await parley.thread(ana, two))["conversation"]
        assert (shown_two["status"], shown_two["labels"]) == ("archived", ["stock"])


async def test_an_admin_exports_what_is_known_of_a_contact(parley: Parley) -> None:
    async with parley.console(ANA) as ana, parley.console() as dora:
        one = await new_conversation(parley, ana)
        await call(parley, ana, "POST", f"{one}/notes", {"text": "likes tea"})
        contact = (await parley.thread(ana, one))["conversation"]["contact"]["id"]
        page = await dora.request("GET", f"/api/v1/contacts/{contact}/export")
        assert (page["contact"]["id"], page["next_cursor"]) == (contact, None)
        kinds = [record["kind"] for record in page["records"]]
        assert kinds == ["conversation", "message", "message", "note"]
        refused = await parley.http.get(
            f"{parley.gateways[0]}/api/v1/contacts/{contact}/export",
            headers={"Authorization": f"Bearer {ana.token}"},
        )
        assert refused.status_code == 403


async def test_labels_of_the_account_are_renamed_and_taken_away(parley: Parley) -> None:
    async with parley.console() as admin, parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        name = f"late {one[:8]}"
        assert (await call(parley, ana, "POST", f"{one}/labels", {"labels": [name]})).status_code == 200
        labels = f"{parley.gateways[0]}/api/v1/labels"
        own = {"Authorization": f"Bearer {admin.token}"}

        async def known() -> dict[str, Any]:
            found = (await parley.http.get(labels, headers=own)).json()["items"]
            return {label["name"]: label for label in found}

        assert (await known())[name]["created_by"] == ANA.id
        body = {"name": f"too {name}", "colour": "#b3261e"}
        refused = await parley.http.patch(
            f"{labels}/{name}", json=body, headers={"Authorization": f"Bearer {ana.token}"}
        )
        assert refused.status_code == 403
        changed = await parley.http.patch(f"{labels}/{name}", json=body, headers=own)
        assert (changed.status_code, changed.json()["colour"]) == (200, "#b3261e")

        async def labelled(*wanted: str) -> bool:
            shown = (await parley.thread(ana, one))["conversation"]["labels"]
            return bool(shown == list(wanted))

        await eventually(lambda: labelled(f"too {name}"), "the new name on the conversation")
        twice = await parley.http.post(labels, json={"name": f"TOO {name}"}, headers=own)
        assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
        gone = await parley.http.delete(f"{labels}/too {name}", headers=own)
        assert gone.status_code == 200
        await eventually(labelled, "the conversation without the label")
        assert not {name, f"too {name}"} & set(await known())


async def test_what_is_put_aside_is_a_list_and_a_reply_ends_its_draft(parley: Parley) -> None:
    async with parley.console(ANA) as ana:
        one = await new_conversation(parley, ana)
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert (await call(parley, ana, "POST", f"{one}/snooze", {"until": until})).status_code == 200
        for snoozed, there in (("true", True), ("false", False)):
            path = f"/api/v1/conversations?page_size=100&snoozed={snoozed}"
            page = await ana.request("GET", path)
            assert (one in {row["id"] for row in page["items"]}) is there
        assert (await call(parley, ana, "PUT", f"{one}/draft", {"body": "Dear Mira"})).status_code == 200
        sent = await call(parley, ana, "POST", f"{one}/reply", {"body": "Dear Mira, hello"})
        assert sent.status_code in {200, 202}
        assert (await call(parley, ana, "GET", f"{one}/draft")).status_code == 404
