"""Everything that is known of a contact, page by page."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from libs.contracts.contacts import MergeContacts, MoveToContact
from libs.contracts.conversation import InboundContact, Person
from libs.contracts.errors import DomainError
from libs.contracts.exporting import ExportContact, ExportKind, ExportPage, ExportRecord
from libs.contracts.notes import AddNote
from libs.contracts.scheduling import ScheduleReply
from libs.contracts.workflow import ResolveConversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases import export_contact
from services.conversation.use_cases.add_note import NoteOnConversation
from services.conversation.use_cases.export_contact import ExportContactForAdmin
from services.conversation.use_cases.merge_contacts import merge_contacts, move_to_contact
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.schedule_reply import ScheduleForLater
from tests.unit.conversation.conftest import World
from tests.unit.conversation.fake_exports import InMemoryExports
from tests.unit.conversation.making import ADMIN, agent, call, moment, person

ANA = agent("ana", "IT")
BOSS = person("ada", role="admin")


@pytest.fixture
async def known(world: World) -> World:
    """A contact with two conversations, and somebody else with one."""
    await world.says("first", 1)
    await world.says("second", 2)
    one = world.conversation().id
    note = AddNote(actor=ANA, conversation_id=one, text="likes tea")
    await world.do(NoteOnConversation(world.new_id), note, 3)
    later = ScheduleReply(actor=ANA, conversation_id=one, content="well?", send_at=moment(90))
    await world.do(ScheduleForLater(world.new_id), later, 4)
    resolve = ResolveConversation(actor=ANA, conversation_id=one)
    await world.do(Move(StatusCommand.RESOLVE, Action.RESOLVE), resolve, 5)
    await world.says("in a group", 6, session_id="tg:group")
    stranger = InboundContact(alias="88", name="Sam")
    await world.says("not hers", 7, session_id="tg:88", contact=stranger)
    return world


def contact_id(world: World) -> str:
    (found,) = {
        one.contact.id for one in world.store.records.conversations.values() if one.session_id == "tg:77"
    }
    return found


async def page(world: World, cursor: str | None = None, who: Person = BOSS, **parts: Any) -> ExportPage:
    parts.setdefault("contact_id", contact_id(world))
    case = ExportContactForAdmin(world.store.contacts, InMemoryExports(world.store))
    return await case(ExportContact(person=who, cursor=cursor, **parts), call(50))


async def everything(world: World) -> list[ExportRecord]:
    records: list[ExportRecord] = []
    cursor = None
    while True:
        found = await page(world, cursor)
        records += found.records
        cursor = found.next_cursor
        if cursor is None:
            return records


async def refusal(attempt: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await attempt
    return refused.value.code


async def test_one_page_has_all_of_a_short_story(known: World) -> None:
    found = await page(known)
    assert (found.contact.name, found.exported_at, found.next_cursor) == ("Mira", moment(50), None)
    kinds = [record.kind for record in found.records]
    assert kinds.count(ExportKind.CONVERSATION) == 2
    assert kinds.count(ExportKind.MESSAGE) == 3
    assert {ExportKind.TRANSITION, ExportKind.NOTE, ExportKind.SCHEDULED_REPLY} <= set(kinds)
    said = str([record.data for record in found.records])
    assert all(words in said for words in ("first", "second", "likes tea", "well?", "in a group"))
    assert "not hers" not in said


@pytest.mark.parametrize("most", [1, 2, 3, 7])
async def test_pages_lead_through_all_of_it_without_gap_or_overlap(
    known: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    expected = list((await page(known)).records)
    monkeypatch.setattr(export_contact, "MOST_RECORDS", most)
    assert await everything(known) == expected


@pytest.mark.parametrize("most", [100, 900, 1_600, 2_000, 2_400])
async def test_a_page_ends_where_its_bytes_do(
    known: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    expected = list((await page(known)).records)
    monkeypatch.setattr(export_contact, "MOST_BYTES", most)
    first = await page(known)
    assert 0 < len(first.records) < len(expected)
    assert await everything(known) == expected


async def test_a_merged_contact_is_exported_as_the_one_it_is_part_of(known: World) -> None:
    source = contact_id(known)
    (target,) = {
        one.contact.id for one in known.store.records.conversations.values() if one.session_id == "tg:88"
    }
    await known.do(merge_contacts, MergeContacts(actor=ADMIN, contact_id=source, into=target), 8)
    for sent in list(known.store.records.sent):
        if isinstance(sent.command, MoveToContact):
            await known.do(move_to_contact, sent.command, 9)
    found = await page(known, contact_id=source)
    assert found.contact.id == target
    assert {alias.alias for alias in found.contact.aliases} == {"77", "88"}
    assert [record.kind for record in found.records].count(ExportKind.CONVERSATION) == 3


async def test_it_is_for_admins_and_of_contacts_that_there_are(known: World) -> None:
    assert await refusal(page(known, who=person("ana", "IT"))) == "forbidden"
    assert await refusal(page(known, who=person("una", role="user"))) == "forbidden"
    assert await refusal(page(known, contact_id="nobody")) == "not_found"


@pytest.mark.parametrize(
    "text",
    ["nonsense", "[]", '["c"]', '["c", "poem", null]', '["c", "conversation", null]', "[1, null, null]",
     '["c", "note", 7]', "{}", "7"],
)  # fmt: skip
async def test_what_is_no_cursor_is_refused(known: World, text: str) -> None:
    cursor = urlsafe_b64encode(text.encode()).decode()
    assert await refusal(page(known, cursor)) == "invalid"
    assert await refusal(page(known, "é")) == "invalid"
