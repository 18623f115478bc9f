"""The routes of private notes, over fakes."""

from typing import Any

import pytest

from libs.contracts.conversation import Sender
from libs.contracts.notes import AddNote, DeleteNote, ListNotes, NoteView
from libs.contracts.vocabulary import SenderKind
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, WHEN, conversation

CONVERSATION = conversation()
ADDRESS = f"/api/v1/conversations/{CONVERSATION.id}/notes"
NOTE = NoteView(
    id="n1",
    conversation_id=CONVERSATION.id,
    author=Sender(kind=SenderKind.AGENT, id="agent-ana", name="Ana"),
    text="careful",
    created_at=WHEN,
).model_dump(mode="json")


async def test_a_note_is_made_and_taken_away(site: Site) -> None:
    site.commands.result = NOTE
    answer = await site.client.post(ADDRESS, json={"text": "careful"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (201, NOTE)
    answer = await site.client.delete(f"{ADDRESS}/n1", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, NOTE)
    (_, added), (_, deleted) = site.commands.carried_out
    assert isinstance(added, AddNote)
    assert isinstance(deleted, DeleteNote)
    assert (added.text, deleted.note_id) == ("careful", "n1")


async def test_notes_are_read_in_pages(site: Site) -> None:
    site.queries.result = {"items": [NOTE], "next_before": "n1"}
    answer = await site.client.get(f"{ADDRESS}?limit=1&before=n2", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, {"items": [NOTE], "next_before": "n1"})
    query = ListNotes(person=ANA, conversation_id=CONVERSATION.id, limit=1, before="n2")
    assert site.queries.asked == [(ACCOUNT, query)]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": " "}, {"text": "x" * 10_001}, {}, {"text": 1}])
async def test_what_is_no_note_is_refused(site: Site, body: Any) -> None:
    answer = await site.client.post(ADDRESS, json=body, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_requesters_have_no_notes(site: Site) -> None:
    for method in ("GET", "POST"):
        answer = await site.client.request(
            method, ADDRESS, json={"text": "x"}, headers=site.bearer(REQUESTER)
        )
        assert answer.status_code == 403
