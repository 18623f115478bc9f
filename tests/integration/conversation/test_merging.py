"""A merge in the store and in memory: what is read of both, what is searched, and what goes over."""

from typing import Any

from libs.contracts.conversation import ContactView, Sender
from libs.contracts.drafts import ReplyDraft
from libs.contracts.notes import NoteView
from libs.contracts.scheduling import ScheduledReply, ScheduledState
from libs.contracts.vocabulary import ActorKind, SenderKind, Status
from libs.runtime.ids import new_id
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Visibility
from services.conversation.domain.searching import wanted_words
from services.conversation.use_cases.ports import ListFilter, Transaction, Window
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore
from tests.unit.conversation.making import ADMIN, conversation, draft, moment

Repository = InMemoryStore | MongoRepository


async def two_as_one(repository: Repository, account_id: str) -> tuple[Conversation, Conversation]:
    """Messages written in turn in two conversations, then merged: the merged one, and the other."""
    made = [
        conversation(
            new_id(), account_id=account_id, session_id=f"tg:{new_id()}", contact=ContactView(id="c")
        )
        for _ in range(2)
    ]

    async def write(tx: Transaction) -> None:
        for number in range(6):
            one = made[number % 2]
            text = f"word {number} kettle"
            message = one.receive(draft(new_id(), text, float(number)), ADMIN, wants_answer=False)
            await tx.add_message(message)
        for one in made:
            await tx.save(one)

    await repository.transaction(account_id, write)

    async def join(tx: Transaction) -> tuple[Conversation, Conversation]:
        source, target = [await tx.conversation(one.id) for one in made]
        assert source is not None
        assert target is not None
        target.take_in(source, ADMIN, moment(9))
        source.become_part_of(target, ADMIN, moment(9))
        await tx.save(source)
        await tx.save(target)
        return source, target

    return await repository.transaction(account_id, join)


async def test_pages_lists_and_searches_after_a_merge(repository: Repository) -> None:
    account_id = new_id()
    source, target = await two_as_one(repository, account_id)
    reads = repository.conversations
    bounds: Any = None
    seen: list[str] = []
    while True:
        page = await reads.thread(account_id, target.id, 4, None, bounds)
        assert page is not None
        seen = [message.content[5] for message in page.messages] + seen
        if not page.more_before:
            break
        bounds = page.bounds
    assert seen == list("012345")
    fifth = next(one for one in page.messages if one.content.startswith("word 1")).sequence
    before = await reads.thread(account_id, target.id, 4, fifth)
    assert before is not None
    assert [message.content[5] for message in before.messages] == ["0"]
    far = await reads.thread(account_id, target.id, 10, 10_000)
    assert far is not None
    assert len(far.messages) == 6

    everything = ListFilter(visibility=Visibility(everything=True))
    rows = await reads.rows(account_id, everything, Window(size=10))
    assert [row.conversation.id for row in rows] == [target.id]
    assert await reads.count(account_id, everything, 10) == 1
    kept = await reads.find(account_id, source.id)
    assert kept is not None
    assert (kept.merged_into, kept.status) == (target.id, Status.ARCHIVED)
    found = await repository.searches.by_words(account_id, wanted_words("kettle "), 10)
    assert set(found) == {source.id, target.id}
    assert await repository.searches.merged_into(account_id, found) == {source.id: target.id}
    assert await repository.searches.merged_into(account_id, []) == {}

    async def turns(tx: Transaction) -> list[str]:
        said = await tx.turns(target.id, 0, 4, merged=(source.id,))
        return [turn.text[5] for turn in said]

    assert await repository.transaction(account_id, turns) == list("2345")


async def test_what_goes_over(repository: Repository) -> None:
    account_id = new_id()
    source, target = await two_as_one(repository, account_id)
    author = Sender(kind=SenderKind.AGENT, id="ana")

    def reply(state: ScheduledState) -> ScheduledReply:
        return ScheduledReply(
            id=new_id(),
            conversation_id=source.id,
            author=author,
            author_kind=ActorKind.AGENT,
            content="soon",
            send_at=moment(500),
            state=state,
            created_at=moment(),
        )

    waiting, sent = reply(ScheduledState.WAITING), reply(ScheduledState.SENT)
    note = NoteView(
        id=new_id(), conversation_id=source.id, author=author, text="call back", created_at=moment()
    )

    async def move(tx: Transaction) -> list[str]:
        for one in (waiting, sent):
            await tx.put_scheduled(one)
        await tx.add_note(note)
        for person, of, text in (
            ("ana", source.id, "old"),
            ("ben", source.id, "bens"),
            ("ana", target.id, "new"),
        ):
            kept = ReplyDraft(conversation_id=of, content=text, updated_at=moment())
            await tx.put_draft(person, kept)
        found = [one.id for one in await tx.waiting_replies(source.id, 10)]
        await tx.move_notes(source.id, target.id)
        await tx.move_drafts(source.id, target.id)
        return found

    assert await repository.transaction(account_id, move) == [waiting.id]
    notes = await repository.organising.notes(account_id, target.id, 10, None)
    assert [one.id for one in notes] == [note.id]
    for person, text in (("ana", "new"), ("ben", "bens")):
        draft_there = await repository.templates.draft(account_id, person, target.id)
        assert draft_there is not None
        assert (draft_there.content, draft_there.conversation_id) == (text, target.id)
        assert await repository.templates.draft(account_id, person, source.id) is None
