"""What an erasure takes out of the store: one suite, against the fake and against MongoDB."""

from libs.contracts.base import SYSTEM
from libs.contracts.contacts import ContactAlias
from libs.contracts.conversation import Sender
from libs.contracts.drafts import ReplyDraft
from libs.contracts.notes import NoteView
from libs.contracts.scheduling import ScheduledReply
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.erasing import erase
from services.conversation.domain.erasure import Erasure
from services.conversation.domain.timers import Timer, TimerKind
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore, counting_ids
from tests.unit.conversation.making import ACCOUNT, CONNECTION, CONTACT, agent, conversation, draft, moment

Repository = InMemoryStore | MongoRepository


def begun(contact_id: str, conversation_id: str) -> Erasure:
    return Erasure.begin(
        id="erasure",
        account_id=ACCOUNT,
        contact_id=contact_id,
        contact_ids=[contact_id],
        aliases=[ContactAlias(connection_id=CONNECTION, alias="77")],
        conversation_ids=[conversation_id],
        at=moment(),
    )


async def test_a_conversation_keeps_its_form_and_loses_its_words(repository: Repository) -> None:
    one = conversation()

    async def write(tx: Transaction) -> None:
        await tx.contact(CONNECTION, "77", "Mira", counting_ids())
        message = one.receive(
            draft("m1", "secret", external_id="x", delivery_id="d"), CONTACT, wants_answer=False
        )
        await tx.add_message(message)
        await tx.save(one)

    async def take_out(tx: Transaction) -> None:
        found = await tx.conversation(one.id)
        assert found is not None
        erase(found, SYSTEM, moment(9), "erasure")
        await tx.erase_records(one.id, connection_id=CONNECTION, names=frozenset({one.id, "77"}))
        await tx.save(found)

    await repository.transaction(ACCOUNT, write)
    await repository.transaction(ACCOUNT, take_out)
    thread = await repository.conversations.thread(ACCOUNT, one.id, 10, None)
    assert thread is not None
    (message,) = thread.messages
    assert (message.content, message.sender.name, message.sequence) == ("", "", 2)
    assert (thread.conversation.session_id, thread.conversation.message_count) == (f"erased:{one.id}", 1)
    events = await repository.conversations.events_after(ACCOUNT, one.id, 0, 100)
    assert [event["sequence"] for event in events] == [1, 2, 3, 4]
    assert events[-1]["type"] == "conversation.erased.v1"
    assert await repository.contacts.search(ACCOUNT, None, None, 9) == []
    if isinstance(repository, MongoRepository):
        assert "secret" not in str(events)
        assert "Mira" not in str(events)


async def test_a_suggestion_elsewhere_shows_the_conversation_no_more(mongo: MongoRepository) -> None:
    shown = [{"conversation_id": "c-gone", "question": "secret"}, {"conversation_id": "c-kept"}]
    rows = mongo.store.database["suggestions"]
    await rows.insert_one({"_id": "s", "account_id": ACCOUNT, "analysis": {"similar": shown}})

    async def take_out(tx: Transaction) -> None:
        await tx.erase_records("c-gone", connection_id=CONNECTION, names=frozenset({"c-gone"}))

    await mongo.transaction(ACCOUNT, take_out)
    left = await rows.find_one({"_id": "s"})
    assert left is not None
    assert left["analysis"]["similar"] == [{"conversation_id": "c-kept"}]


async def test_an_erasure_is_kept_with_whom_it_waits_for(repository: Repository) -> None:
    erasure = begun("contact-1", "c-0001")

    async def work(tx: Transaction) -> Erasure | None:
        await tx.save_erasure(erasure)
        assert await tx.erasure(erasure.id) == erasure
        assert await tx.erasure("another") is None
        assert await tx.erasure_of("nobody") is None
        return await tx.erasure_of("contact-1")

    assert await repository.transaction(ACCOUNT, work) == erasure
    assert await repository.transaction("other", lambda tx: tx.erasure(erasure.id)) is None


async def test_a_forgotten_contact_takes_the_merged_ones_along(repository: Repository) -> None:
    ids = counting_ids()

    async def work(tx: Transaction) -> list[str]:
        mira = await tx.contact(CONNECTION, "77", "Mira", ids)
        jo = await tx.contact_by_id((await tx.contact(CONNECTION, "88", "Jo", ids)).id)
        assert jo is not None
        jo.merged_into = mira.id
        await tx.save_contact(jo)
        return [one.name for one in await tx.forget_contact(mira.id)]

    assert sorted(await repository.transaction(ACCOUNT, work)) == ["Jo", "Mira"]
    assert await repository.contacts.search(ACCOUNT, None, None, 9) == []


async def test_what_people_kept_beside_a_conversation_is_gone_and_its_labels_are_in_no_event(
    mongo: MongoRepository,
) -> None:
    one, ana = conversation(), agent()
    author = Sender(kind=SenderKind.AGENT, id="ana", name="Ana")
    reply = ScheduledReply(
        id="s1",
        conversation_id=one.id,
        author=author,
        content="secret reply",
        send_at=moment(90),
        created_at=moment(1),
    )

    async def write(tx: Transaction) -> None:
        one.label(ana, moment(1), add=["secret label"])
        one.label(ana, moment(2), replace=True, add=["secret other"])
        one.snooze(moment(80), ana, moment(3))
        one.schedule(reply, ana, moment(4))
        one.note_added("n1", ana, moment(5))
        await tx.put_scheduled(reply)
        await tx.put_timer(Timer(TimerKind.SEND, one.id, reply.send_at, reply.id))
        note = NoteView(
            id="n1", conversation_id=one.id, author=author, text="secret note", created_at=moment(5)
        )
        await tx.add_note(note)
        draft = ReplyDraft(conversation_id=one.id, content="secret draft", updated_at=moment(6))
        await tx.put_draft("ana", draft)
        await tx.save(one)

    async def take_out(tx: Transaction) -> None:
        found = await tx.conversation(one.id)
        assert found is not None
        erase(found, SYSTEM, moment(9), "erasure")
        await tx.erase_records(one.id, connection_id=CONNECTION, names=frozenset({one.id}))
        await tx.save(found)

    async def kept() -> str:
        database = mongo.store.database
        rows = [
            {
                name: bytes(value).decode() if isinstance(value, bytes) else value
                for name, value in row.items()
            }
            for collection in await database.list_collection_names()
            async for row in database[collection].find({})
        ]
        return str(rows)

    await mongo.transaction(ACCOUNT, write)
    before = await kept()
    assert all(f"secret {what}" in before for what in ("label", "other", "reply", "note", "draft"))
    await mongo.transaction(ACCOUNT, take_out)
    assert "secret" not in await kept()
    assert await mongo.records.timers.count_documents({}) == 0
    shell = await mongo.conversations.find(ACCOUNT, one.id)
    assert shell is not None
    counts = (shell.labels, shell.note_count, shell.scheduled_count, shell.snoozed_until)
    assert counts == ((), 0, 0, None)
