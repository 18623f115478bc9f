"""Private notes: for those who work on the conversation, and nobody else."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import Person, PostBotReply, RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.notes import AddNote, DeleteNote, ListNotes, NotePage, NoteView
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain import noting
from services.conversation.domain.erasing import erase
from services.conversation.use_cases.add_note import NoteOnConversation
from services.conversation.use_cases.delete_note import delete_note
from services.conversation.use_cases.list_notes import ListNotesForPerson
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.register_person import register_person
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, AI, CONTACT, agent, call, id_of_thread, moment, person

ANA, BEN = agent("ana", "IT"), agent("ben", "IT")


@pytest.fixture
async def asked(world: World) -> World:
    await world.says("hello", 1)
    return world


async def note(world: World, text: str = "was rude once", actor: Actor = ANA) -> NoteView:
    command = AddNote(actor=actor, conversation_id=world.conversation().id, text=text)
    made: NoteView = await world.do(NoteOnConversation(world.new_id), command, 5)
    return made


async def remove(world: World, note_id: str, actor: Actor = ANA) -> Any:
    command = DeleteNote(actor=actor, conversation_id=world.conversation().id, note_id=note_id)
    return await world.do(delete_note, command, 6)


async def read(world: World, who: Person | None = None, **parts: Any) -> NotePage:
    case = ListNotesForPerson(world.store.conversations, world.store.organising)
    parts.setdefault("conversation_id", world.conversation().id)
    return await case(ListNotes(person=who or person("ana", "IT"), **parts), call())


async def refusal(attempt: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await attempt
    return refused.value.code


async def test_a_note_has_an_author_and_a_time(asked: World) -> None:
    made = await note(asked)
    assert (made.author.id, made.author.name, made.author.kind) == ("ana", "Ana Agent", SenderKind.AGENT)
    assert (made.text, made.created_at) == ("was rude once", moment(5))
    assert (await read(asked)).items == (made,)
    assert asked.conversation().note_count == 1


async def test_an_author_without_a_name_is_called_by_their_address(asked: World) -> None:
    nameless = person("nina").model_copy(update={"name": ""})
    await asked.do(register_person, RegisterPerson(actor=SYSTEM, person=nameless))
    made = await note(asked, actor=agent("nina").model_copy(update={"name": ""}))
    assert made.author.name == "nina@acme.test"


async def test_its_text_is_told_to_nobody_and_is_no_message(asked: World) -> None:
    before = asked.conversation()
    await note(asked, "secret-word")
    told = asked.store.records.events[-1]
    assert told.type == "conversation.note_added.v1"
    assert "secret-word" not in str(asked.store.records.events) + str(asked.store.records.sent)
    assert len(asked.store.records.messages) == 1
    after = asked.conversation()
    assert (after.last_message, after.unread, after.updated_at) == (
        before.last_message,
        before.unread,
        before.updated_at,
    )
    turns = await asked.store.transaction("acme", lambda tx: tx.turns(after.id, 0, 20))
    assert [turn.text for turn in turns] == ["hello"]


async def test_it_makes_no_answer_stale(asked: World) -> None:
    question = asked.conversation().question
    assert question is not None
    await note(asked)
    answer = PostBotReply(
        actor=AI,
        conversation_id=asked.conversation().id,
        handoff_epoch=0,
        answers_message_id=question.message_id,
        content="Hello!",
    )
    assert (await asked.do(PostAnswer(asked.new_id), answer, 6)).content == "Hello!"


async def test_pages_lead_from_the_newest_to_the_oldest(asked: World) -> None:
    made = [await note(asked, f"note {number}") for number in range(5)]
    seen: list[NoteView] = []
    before = None
    while True:
        page = await read(asked, limit=2, before=before)
        seen += page.items
        before = page.next_before
        if before is None:
            break
    assert seen == made[::-1]


async def test_its_author_or_an_admin_takes_it_away(asked: World) -> None:
    first, second = await note(asked), await note(asked)
    assert await refusal(remove(asked, first.id, BEN)) == "forbidden"
    assert await remove(asked, first.id) == first
    assert await remove(asked, second.id, ADMIN) == second
    assert await refusal(remove(asked, first.id)) == "not_found"
    assert ((await read(asked)).items, asked.conversation().note_count) == ((), 0)


async def test_there_is_a_most_and_a_blank_one_is_none(asked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "MOST_NOTES", 2)
    assert await refusal(note(asked, " \n ")) == "invalid"
    await note(asked)
    await note(asked)
    assert await refusal(note(asked)) == "invalid"
    assert len((await read(asked)).items) == 2


async def test_contacts_requesters_the_ai_and_strangers_neither_write_nor_read(asked: World) -> None:
    made = await note(asked)
    asked.change(department="IT", requester_id="una")
    for actor, code in [(CONTACT, "forbidden"), (AI, "forbidden"), (agent("eve", "HR"), "not_found")]:
        assert await refusal(note(asked, actor=actor)) == code
        assert await refusal(remove(asked, made.id, actor)) == code
    assert await refusal(read(asked, person("una", role="user"))) == "forbidden"
    assert await refusal(read(asked, person("eve", "HR"))) == "not_found"
    assert await refusal(read(asked, conversation_id=id_of_thread("9999"))) == "not_found"
    assert await refusal(read(asked, conversation_id="nonsense")) == "not_found"


async def test_an_erased_conversation_counts_none(asked: World) -> None:
    await note(asked)
    shell = asked.conversation()
    erase(shell, SYSTEM, moment(9), "erasure")
    assert shell.note_count == 0
