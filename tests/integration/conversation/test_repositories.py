"""What every repository promises: one suite, against the fake and against MongoDB."""

import asyncio
import random
from functools import partial
from itertools import product
from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    Attachment,
    Citation,
    ContactView,
    InboundRecorded,
    Sender,
)
from libs.contracts.directory import Department
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.vocabulary import (
    BotMode,
    Channel,
    DeliveryState,
    HandoffReason,
    MessageKind,
    Priority,
    SenderKind,
    Status,
)
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.directory import Account
from services.conversation.domain.policy import Visibility
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.ports import (
    Advance,
    AlreadyRecordedError,
    AnswerDeadline,
    Chatbot,
    ListFilter,
    Place,
    Transaction,
    Window,
)
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore, counting_ids
from tests.unit.conversation.making import (
    ACCOUNT,
    AI,
    CONNECTION,
    CONTACT,
    SESSION,
    agent,
    conversation,
    draft,
    moment,
    person,
)

Repository = InMemoryStore | MongoRepository
ANA = agent()
BOT = Sender(kind=SenderKind.AI, id="bot", name="Bot")


async def keep(tx: Transaction, one: Conversation) -> None:
    await tx.save(one)


async def save(repository: Repository, one: Conversation) -> Conversation:
    """Save it, and load it again."""
    await repository.transaction(ACCOUNT, lambda tx: tx.save(one))
    found = await repository.conversations.find(ACCOUNT, one.id)
    assert found is not None
    return found


async def send_and_save(repository: Repository, one: Conversation, *messages: Any) -> Conversation:
    async def work(tx: Transaction) -> None:
        for message in messages:
            await tx.add_message(message)
        await tx.save(one)

    await repository.transaction(ACCOUNT, work)
    found = await repository.conversations.find(ACCOUNT, one.id)
    assert found is not None
    return found


async def rows_of(repository: Repository, wanted: ListFilter, window: Window) -> list[Conversation]:
    rows = await repository.conversations.rows(ACCOUNT, wanted, window)
    return [row.conversation for row in rows]


async def ids(repository: Repository, wanted: ListFilter, window: Window) -> list[str]:
    return [one.id for one in await rows_of(repository, wanted, window)]


def without_bookkeeping(one: Conversation) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(one).items()
        if name not in {"pending", "stored_version", "stored_work"}
    }


class TestConversations:
    async def test_one_comes_back_as_it_was_saved(self, repository: Repository) -> None:
        one = conversation(department="IT", requester_id="ana", subject="Kettle")
        one.receive(
            draft(
                content="hä? " * 200,
                seconds=1.5,
                external_id="x1",
                attachments=(Attachment(kind=MessageKind.IMAGE, reference="f", size=3),),
            ),
            CONTACT,
            wants_answer=True,
        )
        found = await save(repository, one)
        assert without_bookkeeping(found) == without_bookkeeping(one)
        assert found.stored_version == one.version
        assert found.question == Question("m1", 0, "x1")
        assert not found.pending.events

        found.hand_off(ANA, moment(2), reason=HandoffReason.RULE)
        found.assignee_id = "ana"
        found.label(ANA, moment(2), add=["vip", "refund"])
        found.set_priority(Priority.HIGH, ANA, moment(2))
        for command in [StatusCommand.RESOLVE, StatusCommand.CLOSE, StatusCommand.ARCHIVE]:
            found.change_status(command, ANA, moment(3))
        again = await save(repository, found)
        assert without_bookkeeping(again) == without_bookkeeping(found)
        assert again.status_before_archive is Status.CLOSED

    async def test_a_file_is_found_in_its_conversation_only(self, repository: Repository) -> None:
        one = await save(repository, conversation())
        file = Attachment(kind=MessageKind.IMAGE, reference="f1", file_id="f1")
        attachments = (Attachment(kind=MessageKind.IMAGE, reference="at the platform"), file)
        message = one.receive(draft(attachments=attachments), CONTACT, wants_answer=False)
        await send_and_save(repository, one, message)
        look = repository.conversations.attachment
        assert await look(ACCOUNT, one.id, "f1") == file
        assert await look(ACCOUNT, one.id, "at the platform") is None
        assert await look(ACCOUNT, "another", "f1") is None
        assert await look("another", one.id, "f1") is None

    async def test_it_is_found_by_id_and_by_thread_in_its_account_only(self, repository: Repository) -> None:
        one = await save(repository, conversation())

        async def look(tx: Transaction) -> list[Conversation | None]:
            return [
                await tx.conversation(one.id),
                await tx.conversation_of(CONNECTION, SESSION),
                await tx.conversation_of("other", SESSION),
                await tx.conversation_of(CONNECTION, "other"),
            ]

        by_id, by_thread, *others = await repository.transaction(ACCOUNT, look)
        assert by_id is not None
        assert by_id.id == one.id
        assert by_id == by_thread
        assert others == [None, None]
        assert await repository.transaction("other", look) == [None] * 4
        assert await repository.conversations.find("other", one.id) is None
        assert await repository.conversations.thread("other", one.id, 10, None) is None

    async def test_whoever_comes_second_is_told_and_changes_nothing(self, repository: Repository) -> None:
        one = await save(repository, conversation())
        other = await repository.conversations.find(ACCOUNT, one.id)
        assert other is not None
        one.change_status(StatusCommand.CLOSE, ANA, moment(1))
        other.change_status(StatusCommand.RESOLVE, ANA, moment(1))
        saved = await save(repository, one)
        with pytest.raises(TransientError) as refused:
            await repository.transaction(ACCOUNT, lambda tx: tx.save(other))
        assert refused.value.code == "conflict"
        assert await repository.conversations.find(ACCOUNT, one.id) == saved

    async def test_a_thread_has_one_conversation(self, repository: Repository) -> None:
        await save(repository, conversation("0001"))
        with pytest.raises(TransientError):
            await repository.transaction(ACCOUNT, lambda tx: tx.save(conversation("0002")))
        await save(repository, conversation("0003", connection_id="other-line"))

    async def test_events_and_timeline_are_kept_with_it(self, repository: Repository) -> None:
        one = await save(repository, conversation())
        one.hand_off(ANA, moment(1), reason=HandoffReason.RULE)
        one.change_status(StatusCommand.CLOSE, ANA, moment(1))
        one = await save(repository, one)
        one.change_status(StatusCommand.REOPEN, ANA, moment(2))
        await save(repository, one)
        reader = repository.conversations
        events = await reader.events_after(ACCOUNT, one.id, 1, 10)
        assert [(event["sequence"], event["type"].split(".")[1]) for event in events] == [
            (2, "handed_off"),
            (3, "closed"),
            (4, "reopened"),
            (5, "handoff_ended"),
        ]
        assert {(event["accountid"], event["subject"]) for event in events} == {(ACCOUNT, one.id)}
        assert len(await reader.events_after(ACCOUNT, one.id, 1, 2)) == 2
        assert not await reader.events_after("other", one.id, 0, 10)
        thread = await reader.thread(ACCOUNT, one.id, 10, None)
        assert thread is not None
        assert [step.target for step in thread.timeline] == [
            Status.HANDED_OFF,
            Status.CLOSED,
            Status.ACTIVE,
        ]

    async def test_what_fails_leaves_nothing_behind(self, repository: Repository) -> None:
        one = conversation()
        message = one.receive(draft(), CONTACT, wants_answer=False)

        async def fail(tx: Transaction) -> None:
            await tx.add_message(message)
            await tx.put_deadline(AnswerDeadline(one.id, "m1", 0, moment()))
            await tx.save(one)
            raise DomainError("no", "no")

        with pytest.raises(DomainError):
            await repository.transaction(ACCOUNT, fail)
        assert await repository.conversations.find(ACCOUNT, one.id) is None
        assert not await repository.conversations.events_after(ACCOUNT, one.id, 0, 10)
        assert await repository.deadline(ACCOUNT, one.id) is None


class TestMessages:
    async def test_a_thread_shows_the_newest_and_pages_back(self, repository: Repository) -> None:
        one = conversation()
        citation = Citation(document_id="d", chunk_id="c", title="T", quote="Q")
        stored = [
            one.receive(draft(f"m{n}", f"text {n}", n, citations=(citation,)), CONTACT, wants_answer=False)
            for n in range(5)
        ]
        await send_and_save(repository, one, *stored)
        views = [message.view for message in stored]
        thread = await repository.conversations.thread(ACCOUNT, one.id, 2, None)
        assert thread is not None
        assert list(thread.messages) == views[3:]
        assert thread.more_before
        thread = await repository.conversations.thread(ACCOUNT, one.id, 3, views[3].sequence)
        assert thread is not None
        assert list(thread.messages) == views[:3]
        assert not thread.more_before

    async def test_a_delivery_is_stored_once_a_connection(self, repository: Repository) -> None:
        one = conversation()
        first = one.receive(draft("m1", delivery_id="d1"), CONTACT, wants_answer=False)
        one = await send_and_save(repository, one, first)
        again = one.receive(draft("m2", delivery_id="d1"), CONTACT, wants_answer=False)
        with pytest.raises(AlreadyRecordedError):
            await send_and_save(repository, one, again)
        elsewhere = conversation("0002", connection_id="other-line")
        other = elsewhere.receive(draft("m3", delivery_id="d1"), CONTACT, wants_answer=False)
        await send_and_save(repository, elsewhere, other)

        async def look(tx: Transaction) -> Any:
            return await tx.recorded(CONNECTION, "d1"), await tx.recorded(CONNECTION, "d2")

        expected = InboundRecorded(conversation_id=one.id, message_id="m1")
        assert await repository.transaction(ACCOUNT, look) == (expected, None)
        assert await repository.transaction("other", look) == (None, None)

    async def test_two_messages_cannot_have_one_place(self, repository: Repository) -> None:
        one, same = conversation(), conversation()
        first = one.receive(draft("m1"), CONTACT, wants_answer=True)
        second = same.receive(draft("m2"), CONTACT, wants_answer=True)
        await send_and_save(repository, one, first)
        with pytest.raises(TransientError):
            await repository.transaction(ACCOUNT, lambda tx: tx.add_message(second))

    async def test_turns_are_the_newest_that_say_something(self, repository: Repository) -> None:
        one = conversation()
        stored = [one.receive(draft("m1", "one"), CONTACT, wants_answer=True)]
        stored.append(one.answer(draft("m2", "two", sender=BOT, unsupported=True), AI, Question("m1", 0)))
        stored.append(one.receive(draft("m3", "+1", kind=MessageKind.REACTION), CONTACT, wants_answer=True))
        stored.append(one.receive(draft("m4", "three"), CONTACT, wants_answer=True))
        await send_and_save(repository, one, *stored)

        async def turns(after: int, limit: int) -> list[tuple[str, str, str]]:
            found = await repository.transaction(ACCOUNT, lambda tx: tx.turns(one.id, after, limit))
            return [(turn.message_id, turn.role, turn.text) for turn in found]

        everything = [("m1", "contact", "one"), ("m2", "ai", "two"), ("m4", "contact", "three")]
        assert await turns(0, 20) == everything
        assert await turns(0, 2) == everything[1:]
        assert await turns(stored[0].view.sequence, 20) == everything[1:]
        assert await repository.transaction("other", lambda tx: tx.turns(one.id, 0, 20)) == ()

    async def test_delivery_states_advance_and_the_platforms_ids_add_up(self, repository: Repository) -> None:
        one = conversation()
        inbound = one.receive(draft("m1", external_id="x1"), CONTACT, wants_answer=True)
        reply = one.answer(draft("m2", sender=BOT), AI, Question("m1", 0))
        await send_and_save(repository, one, inbound, reply)

        async def advance(
            state: str, *ids: str, message: str = "m2", account_id: str = ACCOUNT, **parts: Any
        ) -> Advance:
            return await repository.transaction(
                account_id,
                lambda tx: tx.advance_delivery(
                    one.id, message, DeliveryState(state), external_ids=ids, **parts
                ),
            )

        async def state() -> tuple[DeliveryState | None, str | None]:
            thread = await repository.conversations.thread(ACCOUNT, one.id, 10, None)
            assert thread is not None
            return thread.messages[1].delivery, thread.messages[1].delivery_error

        assert await state() == (DeliveryState.QUEUED, None)
        assert await advance("failed", error="gone") is Advance.ADVANCED
        assert await state() == (DeliveryState.FAILED, "gone")
        assert await advance("sent", "p1") is Advance.ADVANCED
        assert await state() == (DeliveryState.SENT, None)
        assert await advance("sent", "p1", "p2") is Advance.KEPT
        assert await advance("failed", error="late") is Advance.KEPT
        assert await state() == (DeliveryState.SENT, None)
        assert await advance("sent", message="m1") is Advance.UNKNOWN_MESSAGE
        assert await advance("sent", message="m9") is Advance.UNKNOWN_MESSAGE
        assert await advance("read", account_id="other") is Advance.UNKNOWN_MESSAGE

        async def find(external_id: str) -> str | None:
            return await repository.transaction(
                ACCOUNT, lambda tx: tx.message_by_external_id(one.id, external_id)
            )

        assert [await find(known) for known in ["x1", "p1", "p2", "p3"]] == ["m1", "m2", "m2", None]


class TestDirectory:
    async def test_an_alias_has_one_contact_a_connection(self, repository: Repository) -> None:
        new_id = counting_ids("contact")

        async def contact(name: str, connection: str = CONNECTION, account: str = ACCOUNT) -> ContactView:
            return await repository.transaction(
                account, lambda tx: tx.contact(connection, "77", name, new_id)
            )

        first = await contact("Mira")
        assert first.name == "Mira"
        assert await contact("") == first
        assert await contact("Mira K.") == ContactView(id=first.id, name="Mira K.")
        others = {(await contact("M", "other")).id, (await contact("M", account="other")).id}
        assert len({first.id, *others}) == 3
        assert (await contact("", "third")).name == ""

    async def test_two_at_once_make_one_contact(self, repository: Repository) -> None:
        new_id = counting_ids("contact")

        async def contact() -> ContactView:
            return await repository.transaction(
                ACCOUNT, lambda tx: tx.contact(CONNECTION, "77", "Mira", new_id)
            )

        assert len({one.id for one in await asyncio.gather(*(contact() for _ in range(5)))}) == 1

    async def test_accounts_chatbots_and_people_are_the_accounts_own(self, repository: Repository) -> None:
        bots = {
            "acme": Chatbot("bot", "A", BotMode.SUGGEST, "Be brief.", "IT", ("human",)),
            "other": Chatbot("bot", "B"),
        }
        people = {name: person("ana", "IT", account_id=name) for name in bots}
        department = Department(id="IT", name="Computers", agent_limit=2, default_chatbot_id="bot")
        accounts = {name: Account(name, name.title(), (department,), agent_limit=3) for name in bots}

        async def put(tx: Transaction, name: str) -> None:
            await tx.put_account(accounts[name])
            await tx.put_chatbot(bots[name])
            await tx.put_person(people[name])

        async def look(tx: Transaction) -> Any:
            return await tx.account(), await tx.chatbot("bot"), await tx.person("ana")

        for name in bots:
            assert await repository.transaction(name, look) == (None, None, None)
            await repository.transaction(name, partial(put, name=name))
        for name, bot in bots.items():
            expected = (accounts[name], bot, people[name])
            assert await repository.transaction(name, look) == expected
            assert await repository.conversations.person(name, "ana") == people[name]
        assert await repository.conversations.person("third", "ana") is None

        changed = Chatbot("bot", "A2")
        await repository.transaction("acme", lambda tx: tx.put_chatbot(changed))
        assert (await repository.transaction("acme", look))[1] == changed


class TestDeadlines:
    async def test_a_newer_one_takes_the_place_and_an_answer_takes_it_back(
        self, repository: Repository
    ) -> None:
        one = conversation()
        one.receive(draft("m1"), CONTACT, wants_answer=True)
        one = await save(repository, one)

        async def put(tx: Transaction, deadline: AnswerDeadline) -> None:
            await tx.put_deadline(deadline)

        for message in ["m1", "m2"]:
            deadline = AnswerDeadline(one.id, message, 0, moment(30))
            await repository.transaction(ACCOUNT, partial(put, deadline=deadline))
            assert await repository.deadline(ACCOUNT, one.id) == deadline
        one.record_delivery("m0", DeliveryState.SENT, None, SYSTEM, moment(1))
        one = await save(repository, one)
        assert await repository.deadline(ACCOUNT, one.id) is not None
        one.answer(draft("a1", sender=BOT), AI, Question("m1", 0))
        await save(repository, one)
        assert await repository.deadline(ACCOUNT, one.id) is None

    async def test_a_question_asked_anew_keeps_its_deadline(self, repository: Repository) -> None:
        one = conversation()
        one.receive(draft("m1"), CONTACT, wants_answer=True)
        one.change_status(StatusCommand.CLOSE, ANA, moment(1))
        one.receive(draft("m2", seconds=2), CONTACT, wants_answer=True)

        async def work(tx: Transaction) -> None:
            await tx.put_deadline(AnswerDeadline(one.id, "m2", 0, moment(32)))
            await tx.save(one)

        await repository.transaction(ACCOUNT, work)
        assert await repository.deadline(ACCOUNT, one.id) is not None


class TestLists:
    """The same random population in the repository and in a fake of its own: every list must agree."""

    async def fill(self, *repositories: Repository) -> list[Conversation]:
        chance = random.Random(7)  # noqa: S311 - a test's population
        made = []
        for number in range(60):
            at = moment(chance.randrange(20))
            one = conversation(
                f"{number:04d}",
                session_id=f"s{number % 40}",
                connection_id=f"line{number // 40}",
                account_id="other" if number % 10 == 9 else ACCOUNT,
                department=chance.choice([None, "IT", "HR", "Ops"]),
                channel=chance.choice(list(Channel)),
                chatbot_id=chance.choice(["bot", "helper"]),
                contact=ContactView(id=f"contact-{number % 6}"),
                at=at,
            )
            one.status = chance.choice(list(Status))
            one.assignee_id = chance.choice([None, None, "ana", "ben"])
            one.status_before_archive = Status.CLOSED if one.status is Status.ARCHIVED else None
            made.append(one)
        for repository in repositories:
            for one in made:
                await repository.transaction(one.account_id, partial(keep, one=one))
        return made

    async def test_every_filter_for_every_viewer_in_both_orders(self, repository: Repository) -> None:
        model = InMemoryStore()
        await self.fill(repository, model)
        viewers = [
            Visibility(everything=True),
            Visibility(departments=frozenset({"IT", "HR"}), person_id="ana"),
            Visibility(person_id="ben"),
            Visibility(),
        ]
        filters: list[dict[str, Any]] = [
            {},
            {"status": Status.HANDED_OFF},
            {"channel": Channel.WIDGET},
            {"chatbot_id": "helper", "status": Status.ACTIVE},
            {"contact_id": "contact-3"},
            {"assignee_id": "ana"},
            {"assignee_id": "ben", "department": "IT"},
            {"department": "IT"},
            {"department": "Ops"},
        ]
        for viewer, parts, newest_first in product(viewers, filters, [True, False]):
            wanted = ListFilter(viewer, **parts)
            window = Window(100, newest_first=newest_first)
            expected = await ids(model, wanted, window)
            found = await ids(repository, wanted, window)
            assert found == expected, (viewer, parts)
            assert await repository.conversations.count(ACCOUNT, wanted, 10_001) == len(expected)

    @pytest.mark.parametrize("newest_first", [True, False])
    async def test_windows_meet_without_gap_or_overlap(
        self, repository: Repository, newest_first: bool
    ) -> None:
        await self.fill(repository)
        wanted = ListFilter(Visibility(departments=frozenset({"IT"}), person_id="ana"))
        whole = [
            (one.updated_at, one.id)
            for one in await rows_of(repository, wanted, Window(100, newest_first=newest_first))
        ]
        assert whole == sorted(whole, reverse=newest_first)
        by_skip: list[Any] = []
        by_place: list[Any] = []
        place = None
        for start in range(0, len(whole), 4):
            rows = await rows_of(repository, wanted, Window(4, skip=start, newest_first=newest_first))
            by_skip += [(one.updated_at, one.id) for one in rows]
            rows = await rows_of(repository, wanted, Window(4, after=place, newest_first=newest_first))
            by_place += [(one.updated_at, one.id) for one in rows]
            place = Place(*by_place[-1])
        assert by_skip == by_place == whole

    @pytest.mark.parametrize("by", ["created_at", "updated_at"])
    async def test_either_time_sorts_a_list(self, repository: Repository, by: str) -> None:
        await self.fill(repository)
        wanted = ListFilter(Visibility(departments=frozenset({"IT"}), person_id="ana"))
        rows = await rows_of(repository, wanted, Window(100, by=by))
        places = [(getattr(one, by), one.id) for one in rows]
        assert places == sorted(places, reverse=True)
        place = Place(*places[3])
        behind = await rows_of(repository, wanted, Window(100, after=place, by=by))
        assert [one.id for one in behind] == [one.id for one in rows[4:]]

    async def test_what_a_search_found_narrows_a_list(self, repository: Repository) -> None:
        made = [one for one in await self.fill(repository) if one.account_id == ACCOUNT]
        wanted = ListFilter(Visibility(everything=True), among=(made[2].id, made[5].id, "unknown"))
        rows = await rows_of(repository, wanted, Window(10))
        assert {one.id for one in rows} == {made[2].id, made[5].id}
        assert await repository.conversations.count(ACCOUNT, wanted, 100) == 2

    async def test_counting_stops_at_the_limit(self, repository: Repository) -> None:
        await self.fill(repository)
        everything = ListFilter(Visibility(everything=True))
        assert await repository.conversations.count(ACCOUNT, everything, 10) == 10

    async def test_a_session_is_found_on_all_its_connections(self, repository: Repository) -> None:
        made = await self.fill(repository)
        of_session = [one for one in made if one.session_id == "s3" and one.account_id == ACCOUNT]
        assert len(of_session) == 2
        found = await repository.conversations.of_session(ACCOUNT, "s3", None, 10)
        assert {one.id for one in found} == {one.id for one in of_session}
        times = [one.updated_at for one in found]
        assert times == sorted(times, reverse=True)
        (one,) = await repository.conversations.of_session(ACCOUNT, "s3", "line1", 10)
        assert one.connection_id == "line1"
        assert not await repository.conversations.of_session("other", "s3", None, 10)
        assert len(await repository.conversations.of_session(ACCOUNT, "s3", None, 1)) == 1
