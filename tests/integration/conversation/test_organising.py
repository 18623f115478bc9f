"""What people keep beside conversations comes back as it was kept, from both repositories."""

from typing import Any

from libs.contracts.conversation import Sender
from libs.contracts.drafts import ReplyDraft
from libs.contracts.exporting import ExportKind
from libs.contracts.notes import NoteView
from libs.contracts.scheduling import ScheduledReply, ScheduledState, SendScheduledReply
from libs.contracts.snoozing import WakeConversation, WakeReason
from libs.contracts.templates import Template
from libs.contracts.vocabulary import SenderKind
from services.conversation.adapters.mongo_timers import MongoTimers
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.domain.timers import Timer, TimerKind
from services.conversation.use_cases.export_ports import Exported
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.integration.conversation.test_mongo_timers import RecordingPublisher
from tests.unit.conversation.fakes import InMemoryStore
from tests.unit.conversation.making import ACCOUNT, CONTACT, agent, conversation, draft, id_of_thread, moment

ANA = agent()
CONVERSATION = id_of_thread()


def note(number: int, conversation_id: str = CONVERSATION) -> NoteView:
    return NoteView(
        id=f"note-{number}",
        conversation_id=conversation_id,
        author=Sender(kind=SenderKind.AGENT, id="ana", name="Ana"),
        text=f"note {number}",
        created_at=moment(number),
    )


async def test_notes(repository: InMemoryStore | MongoRepository) -> None:
    other = note(7, id_of_thread("other"))

    async def keep(tx: Transaction) -> None:
        for one in (note(0), note(1), note(2), other):
            await tx.add_note(one)

    await repository.transaction(ACCOUNT, keep)
    reads = repository.organising
    assert await reads.notes(ACCOUNT, CONVERSATION, 2, None) == [note(2), note(1)]
    assert await reads.notes(ACCOUNT, CONVERSATION, 9, "note-1") == [note(0)]
    assert await reads.notes("other", CONVERSATION, 9, None) == []
    found = await repository.transaction(ACCOUNT, lambda tx: tx.note(CONVERSATION, "note-1"))
    assert found == note(1)
    assert await repository.transaction(ACCOUNT, lambda tx: tx.note(other.conversation_id, "note-1")) is None
    assert await repository.transaction("other", lambda tx: tx.note(CONVERSATION, "note-1")) is None
    await repository.transaction(ACCOUNT, lambda tx: tx.delete_note(note(1)))
    assert await reads.notes(ACCOUNT, CONVERSATION, 9, None) == [note(2), note(0)]


async def test_scheduled_replies(repository: InMemoryStore | MongoRepository) -> None:
    def reply(number: int, **parts: Any) -> ScheduledReply:
        return ScheduledReply(
            id=f"reply-{number}",
            conversation_id=CONVERSATION,
            author=Sender(kind=SenderKind.AGENT, id="ana", name="Ana"),
            content=f"reply {number}",
            send_at=moment(60),
            created_at=moment(number),
            **parts,
        )

    sent = reply(1, state=ScheduledState.SENT, message_id="m", settled_at=moment(9))

    async def keep(tx: Transaction) -> None:
        for one in (reply(0), reply(1), reply(2), sent):
            await tx.put_scheduled(one)

    await repository.transaction(ACCOUNT, keep)
    reads = repository.scheduled
    assert await reads.scheduled_replies(ACCOUNT, CONVERSATION, 2, None) == [reply(2), sent]
    assert await reads.scheduled_replies(ACCOUNT, CONVERSATION, 9, "reply-1") == [reply(0)]
    assert await reads.scheduled_replies("other", CONVERSATION, 9, None) == []
    found = await repository.transaction(ACCOUNT, lambda tx: tx.scheduled(CONVERSATION, "reply-1"))
    assert found == sent
    assert await repository.transaction("other", lambda tx: tx.scheduled(CONVERSATION, "reply-1")) is None
    elsewhere = id_of_thread("other")
    assert await repository.transaction(ACCOUNT, lambda tx: tx.scheduled(elsewhere, "reply-1")) is None


async def test_timers_are_set_moved_and_taken_back_and_become_commands(mongo: MongoRepository) -> None:
    one = conversation()
    one.snooze(moment(60), ANA, moment(1))

    async def work(tx: Transaction) -> None:
        await tx.save(one)
        await tx.put_timer(Timer(TimerKind.SEND, one.id, moment(2), "s1"))
        await tx.put_timer(Timer(TimerKind.SEND, one.id, moment(3), "s2"))
        await tx.put_timer(Timer(TimerKind.SEND, one.id, moment(4), "s3"))
        await tx.drop_timer(TimerKind.SEND, one.id, "s3")

    await mongo.transaction(ACCOUNT, work)
    newer = {"_id": "x", "kind": "of tomorrow", "conversation_id": one.id, "due_at": moment(0)}
    await mongo.records.timers.insert_one(newer)
    publisher = RecordingPublisher()
    assert await MongoTimers(mongo.store, publisher, 1).publish_due() == 3
    commands = [entry.envelope.message() for entry in publisher.entries]
    assert [type(command) for command in commands].count(WakeConversation) == 1
    assert {one.scheduled_id for one in commands if isinstance(one, SendScheduledReply)} == {"s1", "s2"}
    (wake,) = (command for command in commands if isinstance(command, WakeConversation))
    found = await mongo.conversations.find(ACCOUNT, one.id)
    assert found is not None
    assert (wake.until, found.snoozed_until) == (moment(60), moment(60))
    assert await mongo.records.timers.distinct("_id") == ["x"]
    found.wake(WakeReason.PERSON, ANA, moment(5))
    found.snooze(moment(90), ANA, moment(5))
    found.wake(WakeReason.PERSON, ANA, moment(6))
    await mongo.transaction(ACCOUNT, lambda tx: tx.save(found))
    assert await mongo.records.timers.distinct("_id") == ["x"]


async def test_templates_and_drafts(repository: InMemoryStore | MongoRepository) -> None:
    def template(number: int, **parts: Any) -> Template:
        fields = {"id": f"t{number}", "name": f"n{number}", "content": "c", "created_by": "ana"} | parts
        return Template(**fields, created_at=moment(number), updated_at=moment(number))

    shared, it, hr = template(1, shortcut="hi-1"), template(2, department="IT"), template(3, department="HR")
    draft = ReplyDraft(conversation_id=CONVERSATION, content="Dear", updated_at=moment(1))

    async def keep(tx: Transaction) -> None:
        for one in (shared, it, hr, template(4)):
            await tx.put_template(one)
        await tx.delete_template("t4")
        assert await tx.count_templates() == 3
        assert await tx.template("t2") == it
        assert await tx.template_of_shortcut("hi-1") == shared
        assert await tx.template_of_shortcut("hi") is None
        await tx.put_draft("ana", draft.model_copy(update={"content": "D"}))
        await tx.put_draft("ana", draft)
        await tx.put_draft("ben", draft)
        await tx.delete_draft("ben", CONVERSATION)

    await repository.transaction(ACCOUNT, keep)
    reads = repository.templates

    async def found(account_id: str = ACCOUNT, **parts: Any) -> list[str]:
        asked: dict[str, Any] = dict.fromkeys(("departments", "department", "shortcut", "after"))
        return [one.id for one in await reads.templates(account_id, **asked | {"limit": 9} | parts)]

    assert await found() == ["t1", "t2", "t3"]
    assert await found(limit=2) == ["t1", "t2"]
    assert await found(after="t1") == ["t2", "t3"]
    assert await found(departments=frozenset({"IT"})) == ["t1", "t2"]
    assert await found(departments=frozenset({"IT"}), department="HR") == []
    assert await found(shortcut="hi-") == ["t1"]
    assert await found(shortcut="h..") == []
    assert await found("other") == []
    assert await reads.template(ACCOUNT, "t3") == hr
    assert await reads.template("other", "t3") is None
    assert await reads.draft(ACCOUNT, "ana", CONVERSATION) == draft
    assert await reads.draft(ACCOUNT, "ben", CONVERSATION) is None
    assert await reads.draft("other", "ana", CONVERSATION) is None


async def test_a_contacts_records_are_exported_in_order(mongo: MongoRepository) -> None:
    one = conversation()
    messages = [one.receive(draft(f"m{number}"), CONTACT, wants_answer=False) for number in range(12)]
    one.change_status(StatusCommand.RESOLVE, ANA, moment(1))

    async def keep(tx: Transaction) -> None:
        for message in messages:
            await tx.add_message(message)
        await tx.save(one)
        await tx.add_note(note(1, one.id))

    await mongo.transaction(ACCOUNT, keep)
    found = await mongo.exports.next_conversation(ACCOUNT, "contact-1", None)
    assert found is not None
    assert found.id == one.id
    assert await mongo.exports.next_conversation(ACCOUNT, "contact-1", one.id) is None
    assert await mongo.exports.next_conversation("other", "contact-1", None) is None

    async def exported(kind: ExportKind, after: str | None = None, limit: int = 50) -> list[Exported]:
        return list(await mongo.exports.exported(ACCOUNT, one.id, kind, after, limit))

    first = await exported(ExportKind.MESSAGE, limit=10)
    rest = await exported(ExportKind.MESSAGE, first[-1].place)
    shown = [record.data for record in first + rest]
    assert shown == [message.view.model_dump(mode="json") for message in messages]
    assert await exported(ExportKind.MESSAGE, "no number") == []
    (transition,) = await exported(ExportKind.TRANSITION)
    assert (transition.data["target"], transition.data["actor_id"]) == ("resolved", "ana")
    (noted,) = await exported(ExportKind.NOTE)
    assert noted.data == note(1, one.id).model_dump(mode="json")
    assert await exported(ExportKind.SUGGESTION) == await exported(ExportKind.SCHEDULED_REPLY) == []
