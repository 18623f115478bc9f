"""Two conversations with one contact on one connection become one."""

from typing import Any

import pytest

from libs.contracts.ai import AnswerContact
from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import (
    MOST_MERGED,
    AcknowledgeMessage,
    ConversationView,
    FindConversation,
    HandOffConversation,
    InboundContact,
    PostBotReply,
    PostReply,
    RecordInboundMessage,
)
from libs.contracts.drafts import GetDraft, SaveDraft
from libs.contracts.errors import DomainError
from libs.contracts.files import GetFile
from libs.contracts.frames import frames_of
from libs.contracts.inbound import MoveThread, TakeOverThread
from libs.contracts.merging import ConversationMerged, MergeConversations
from libs.contracts.messages import GetMessage, RetryMessage
from libs.contracts.notes import AddNote, ListNotes
from libs.contracts.organising import SetPriority
from libs.contracts.read_marks import MarkRead
from libs.contracts.reading import ConversationPage, GetConversation, ListConversations
from libs.contracts.scheduling import ScheduleReply, SendScheduledReply
from libs.contracts.starting import StartConversation
from libs.contracts.topology import conversation_crc, partition
from libs.contracts.vocabulary import ActorKind, Channel, HandoffReason, Priority, Status
from services.conversation.domain.erasing import erase
from services.conversation.domain.timers import TimerKind
from services.conversation.use_cases.acknowledge_message import acknowledge_message
from services.conversation.use_cases.add_note import NoteOnConversation
from services.conversation.use_cases.find_conversation import FindForListener
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.get_file import GetFileOfConversation
from services.conversation.use_cases.get_message import GetMessageOfConversation
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.keep_draft import GetOwnDraft, save_draft
from services.conversation.use_cases.list_conversations import ListForPerson
from services.conversation.use_cases.list_notes import ListNotesForPerson
from services.conversation.use_cases.mark_read import mark_conversation_read
from services.conversation.use_cases.merge_conversations import Merge
from services.conversation.use_cases.move_thread import FollowMove
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.retry_message import retry_message
from services.conversation.use_cases.schedule_reply import ScheduleForLater
from services.conversation.use_cases.search_conversations import SearchConversations
from services.conversation.use_cases.send_scheduled_reply import SendScheduled
from services.conversation.use_cases.set_priority import set_priority
from services.conversation.use_cases.start_conversation import StartByAgent
from services.conversation.use_cases.take_over_thread import take_over_thread
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import (
    ADMIN,
    CHATBOT,
    CONNECTION,
    agent,
    call,
    inbound,
    moment,
    person,
)

ANA = agent("ana", "IT")
ADA = person("ada", role="admin")
OLD, NEW = "tg:77/old", "tg:77/newer"


def conversation_of(world: World, session_id: str) -> Any:
    return next(one for one in world.store.records.conversations.values() if one.session_id == session_id)


@pytest.fixture
async def two(world: World) -> World:
    """Two threads of one person, in two partitions, who wrote in turn."""
    for number, session in enumerate((OLD, NEW, OLD, NEW)):
        await world.says(f"word {number}", float(number), session_id=session)
    homes = [partition(conversation_crc(conversation_of(world, one).id)) for one in (OLD, NEW)]
    assert homes[0] != homes[1]
    return world


async def merge(world: World, source: str = OLD, into: str = NEW, actor: Actor = ADMIN) -> ConversationView:
    command = MergeConversations(
        actor=actor,
        conversation_id=conversation_of(world, source).id,
        into_conversation_id=conversation_of(world, into).id,
    )
    found: ConversationView = await world.do(Merge(world.record), command, 20)
    return found


async def refused(world: World, use_case: Any, command: Any) -> str:
    with pytest.raises(DomainError) as error:
        await world.do(use_case, command, 40)
    return str(error.value.code)


async def hand_off(world: World, session_id: str) -> None:
    about = conversation_of(world, session_id).id
    command = HandOffConversation(
        actor=ADMIN, conversation_id=about, reason=HandoffReason.REQUESTED_BY_AGENT, comment="wants a person"
    )
    await world.do(HandOff(world.new_id), command, 10)


async def deliver(world: World) -> None:
    """Carry out what was sent on to another partition."""
    sent, world.store.records.sent = world.store.records.sent, []
    for one in sent:
        if isinstance(one.command, RecordInboundMessage):
            assert one.subject == one.command.conversation_id
            await world.do(world.record, one.command, 50)


async def thread(world: World, conversation_id: str, **parts: Any) -> Any:
    query = GetConversation(person=ADA, conversation_id=conversation_id, **parts)
    return await GetThread(world.store.conversations)(query, call())


def texts(found: Any) -> list[str]:
    return [message.content for message in found.messages]


async def test_messages_of_both_are_read_in_one_thread(two: World) -> None:
    old, new = conversation_of(two, OLD).id, conversation_of(two, NEW).id
    view = await merge(two)
    assert (view.id, view.merged, view.message_count, view.unread) == (new, (old,), 4, 4)
    whole = await thread(two, new)
    assert texts(whole) == ["word 0", "word 1", "word 2", "word 3"]
    assert (whole.more_before, whole.previous_cursor) == (False, None)
    assert whole.timeline[-1].reason == f"merged from {old}"
    part = await thread(two, old)
    assert texts(part) == ["word 0", "word 2"]
    assert (part.conversation.merged_into, part.conversation.status) == (new, Status.ARCHIVED)
    assert (part.conversation.unread, part.conversation.available_actions) == (0, ())
    assert part.timeline[-1].reason == f"merged into {new}"


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_go_back_through_both_and_leave_nothing_out(two: World, size: int) -> None:
    for number in range(4, 9):
        await two.says(f"word {number}", float(number), session_id=(OLD, NEW)[number // 6])
    new = (await merge(two)).id
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await thread(two, new, limit=size, cursor=cursor)
        seen = texts(page) + seen
        cursor = page.previous_cursor
        assert page.more_before is (cursor is not None)
        if cursor is None:
            break
    assert seen == [f"word {number}" for number in range(9)]


async def test_before_a_sequence_is_before_that_message_in_both(two: World) -> None:
    new = (await merge(two)).id
    sequence = next(one.sequence for one in (await thread(two, new)).messages if one.content == "word 3")
    assert texts(await thread(two, new, before=sequence)) == ["word 0", "word 1", "word 2"]
    assert texts(await thread(two, new, before=10_000)) == ["word 0", "word 1", "word 2", "word 3"]


async def test_what_is_no_cursor_is_refused(two: World) -> None:
    for cursor in ("!", "e30", "W10=", "eyJhIjotMX0=", "eyJhIjp0cnVlfQ==", "ÿ"):
        with pytest.raises(DomainError) as error:
            await thread(two, conversation_of(two, NEW).id, cursor=cursor)
        assert error.value.code == "invalid"


async def test_a_thread_of_its_own_is_paged_by_cursor_too(two: World) -> None:
    new = conversation_of(two, NEW).id
    page = await thread(two, new, limit=1)
    assert texts(await thread(two, new, limit=1, cursor=page.previous_cursor)) == ["word 1"]


async def test_later_messages_of_either_thread_arrive_in_the_one_left(two: World) -> None:
    new = (await merge(two)).id
    await two.says("later", 30, session_id=OLD)
    assert len(two.store.records.messages) == 4
    await deliver(two)
    assert texts(await thread(two, new))[-1] == "later"
    last = max(two.store.records.messages.values(), key=lambda one: one.view.created_at)
    assert last.view.conversation_id == new
    assert await two.do(two.record, inbound(6, "twice", session_id=NEW), 60)


async def test_a_message_sent_on_reaches_what_was_merged_again_meanwhile(two: World) -> None:
    await two.says("third", 5, session_id="tg:77/third")
    await merge(two)
    await two.says("later", 30, session_id=OLD)
    await merge(two, NEW, "tg:77/third")
    await deliver(two)
    await deliver(two)
    third = conversation_of(two, "tg:77/third")
    assert texts(await thread(two, third.id))[-1] == "later"
    assert third.merged == (conversation_of(two, NEW).id, conversation_of(two, OLD).id)
    assert conversation_of(two, NEW).merged == ()


async def test_an_answer_to_a_message_of_the_merged_one_finds_it(two: World) -> None:
    await merge(two)
    await two.says("that one", 30, session_id=NEW, reply_to="external-3")
    last = max(two.store.records.messages.values(), key=lambda one: one.view.created_at).view
    answered = two.store.records.messages["acme", str(last.reply_to)].view
    assert answered.content == "word 2"


async def test_done_again_it_is_the_same_and_a_third_is_refused(two: World) -> None:
    await two.says("third", 5, session_id="tg:77/third")
    first = await merge(two)
    events = len(two.store.records.events)
    assert await merge(two) == first
    assert len(two.store.records.events) == events
    await merge(two, NEW, "tg:77/third")
    assert (await merge(two, OLD, "tg:77/third")).merged[0] == first.id
    assert (await merge(two)).id == conversation_of(two, "tg:77/third").id
    await two.says("fourth", 6, session_id="tg:77/fourth")
    with pytest.raises(DomainError) as error:
        await merge(two, OLD, "tg:77/fourth")
    assert error.value.code == "conversation_merged"


async def test_only_what_belongs_together_is_merged(two: World) -> None:
    contact = conversation_of(two, NEW).contact
    for parts, code in (
        ({"connection_id": "other"}, "invalid"),
        ({"contact": contact.model_copy(update={"id": "else"})}, "invalid"),
        ({"requester_id": "uma"}, "invalid"),
        ({"merged": tuple(str(number) for number in range(MOST_MERGED))}, "invalid"),
        ({"status": Status.RESOLVED}, "invalid_transition"),
        ({"department": "HR"}, "not_found"),
    ):
        new = conversation_of(two, NEW)
        before = {name: getattr(new, name) for name in parts}
        vars(new).update(parts)
        with pytest.raises(DomainError) as error:
            await merge(two, actor=ANA)
        assert error.value.code == code
        vars(conversation_of(two, NEW)).update(before)
    with pytest.raises(DomainError, match="with itself"):
        await merge(two, OLD, OLD)
    conversation_of(two, OLD).department = "HR"
    with pytest.raises(DomainError) as error:
        await merge(two, actor=ANA)
    assert error.value.code == "not_found"
    new = conversation_of(two, NEW)
    unknown = new.id[:-4] + "ffff"
    about = MergeConversations(actor=ADMIN, conversation_id=unknown, into_conversation_id=new.id)
    assert await refused(two, Merge(two.record), about) == "not_found"


async def test_what_the_ai_owes_is_answered_in_the_other_one(two: World) -> None:
    new = conversation_of(two, NEW)
    new.question = None
    two.store.records.sent.clear()
    await merge(two)
    (asked,) = two.store.records.sent
    assert isinstance(asked.command, AnswerContact)
    assert asked.command.conversation.id == new.id
    assert [turn.text for turn in asked.command.turns] == ["word 0", "word 1", "word 2", "word 3"]
    late = PostBotReply(
        actor=Actor(kind=ActorKind.AI, id=CHATBOT),
        conversation_id=conversation_of(two, OLD).id,
        handoff_epoch=0,
        answers_message_id=asked.command.message_id,
        content="42",
    )
    assert await refused(two, PostAnswer(two.new_id), late) == "conversation_merged"
    answer = late.model_copy(update={"conversation_id": new.id})
    await two.do(PostAnswer(two.new_id), answer, 30)
    assert conversation_of(two, NEW).question is None


@pytest.mark.parametrize("mode", ["off", "gone"])
async def test_without_a_bot_that_answers_nothing_is_asked(two: World, mode: str) -> None:
    conversation_of(two, NEW).question = None
    bots = two.store.records.chatbots
    if mode == "gone":
        bots.clear()
    else:
        bots["acme", CHATBOT] = type(bots["acme", CHATBOT])(CHATBOT, "Bot", mode=mode)  # type: ignore[arg-type]
    two.store.records.sent.clear()
    await merge(two)
    assert two.store.records.sent == []


async def test_what_people_have_is_handed_over_to_them(two: World) -> None:
    await hand_off(two, OLD)
    conversation_of(two, OLD).assignee_id = "ana"
    view = await merge(two)
    assert (view.status, view.assignee_id) == (Status.HANDED_OFF, "ana")
    assert view.handoff_reason == "wants a person"
    assert conversation_of(two, OLD).assignee_id is None


async def test_whose_the_other_one_is_stays_so(two: World) -> None:
    for session, holder in ((OLD, "ana"), (NEW, "ada")):
        await hand_off(two, session)
        conversation_of(two, session).assignee_id = holder
    assert (await merge(two)).assignee_id == "ada"


async def test_of_another_department_nobody_is_assigned_and_a_reason_is_there(two: World) -> None:
    await hand_off(two, OLD)
    old = conversation_of(two, OLD)
    old.department, old.assignee_id, old.handoff_reason = "HR", "eve", None
    view = await merge(two)
    assert (view.status, view.assignee_id, view.handoff_reason) == (
        Status.HANDED_OFF,
        None,
        HandoffReason.REQUESTED_BY_AGENT,
    )


async def test_labels_priority_and_what_waits_go_over(two: World) -> None:
    old, new = conversation_of(two, OLD), conversation_of(two, NEW)
    about: dict[str, Any] = {"actor": ANA, "conversation_id": old.id}
    await two.do(set_priority, SetPriority(**about, priority=Priority.HIGH))
    conversation_of(two, OLD).labels = ("vip",)
    conversation_of(two, NEW).labels = ("late",)
    await two.do(NoteOnConversation(two.new_id), AddNote(**about, text="call back"), 5)
    await two.do(save_draft, SaveDraft(**about, content="Dear"), 5)
    later = ScheduleReply(**about, content="soon", send_at=moment(500))
    reply = await two.do(ScheduleForLater(two.new_id), later, 6)
    conversation_of(two, OLD).snoozed_until = moment(700)
    view = await merge(two)
    assert (view.labels, view.priority) == (("late", "vip"), Priority.HIGH)
    assert (view.note_count, view.scheduled_count) == (1, 1)
    notes = ListNotesForPerson(two.store.conversations, two.store.organising)
    assert len((await notes(ListNotes(person=ADA, conversation_id=new.id), call())).items) == 1
    drafts = GetOwnDraft(two.store.conversations, two.store.templates)
    mine = GetDraft(person=person("ana", "IT"), conversation_id=new.id)
    assert (await drafts(mine, call())).content == "Dear"
    (timer,) = [one for one in two.store.records.organising.timers.values() if one.kind is TimerKind.SEND]
    assert (timer.conversation_id, timer.key) == (new.id, reply.id)
    assert conversation_of(two, OLD).snoozed_until is None
    # The old timer's command may be under way.
    two.store.records.sent.clear()
    late = SendScheduledReply(actor=SYSTEM, conversation_id=old.id, scheduled_id=reply.id)
    await two.do(SendScheduled(two.new_id), late, 500)
    (onward,) = two.store.records.sent
    await two.do(SendScheduled(two.new_id), onward.command, 501)
    assert texts(await thread(two, new.id))[-1] == "soon"


async def test_a_draft_that_was_begun_there_stays(two: World) -> None:
    for session, text in ((OLD, "old"), (NEW, "new")):
        about = conversation_of(two, session).id
        await two.do(save_draft, SaveDraft(actor=ADMIN, conversation_id=about, content=text))
    view = await merge(two)
    drafts = GetOwnDraft(two.store.conversations, two.store.templates)
    assert (await drafts(GetDraft(person=ADA, conversation_id=view.id), call())).content == "new"


async def test_it_is_counted_once(two: World) -> None:
    facts: list[Any] = []
    old, new = conversation_of(two, OLD), conversation_of(two, NEW)
    new.take_in(old, ADMIN, moment(20))
    facts += new.pending.facts
    assert [(one.name, one.at, one.amount) for one in facts] == [
        ("turns", moment(1), -1),
        ("begun", moment(1), -1),
    ]
    assert (new.unanswered_since, new.begun_at) == (moment(0), moment(0))
    old.become_part_of(new, ADMIN, moment(20))
    assert (old.unanswered_since, old.begun_at) == (None, None)


async def test_what_is_open_in_one_alone_is_counted_there(two: World) -> None:
    old, new = conversation_of(two, OLD), conversation_of(two, NEW)
    new.begun_at = new.unanswered_since = new.last_message = None
    old.can_reply_until, new.can_reply_until = moment(900), moment(100)
    new.take_in(old, ADMIN, moment(20))
    assert new.pending.facts == []
    assert (new.begun_at, new.unanswered_since, new.can_reply_until) == (moment(0), moment(0), moment(900))
    assert new.last_message == old.last_message


async def test_one_that_was_archived_before_tells_no_transition(two: World) -> None:
    old, new = conversation_of(two, OLD), conversation_of(two, NEW)
    old.status, old.status_before_archive = Status.ARCHIVED, Status.CLOSED
    await merge(two)
    assert two.store.records.transitions["acme", old.id] == []
    assert len(two.store.records.transitions["acme", new.id]) == 1


async def test_commands_about_it_are_refused_with_where_it_is(two: World) -> None:
    new = (await merge(two)).id
    about = conversation_of(two, OLD).id
    command = PostReply(actor=ADMIN, conversation_id=about, content="hello")
    with pytest.raises(DomainError) as error:
        await two.do(PostReplyToContact(two.new_id), command, 40)
    assert (error.value.code, error.value.conversation_id) == ("conversation_merged", new)


async def test_frames_tell_both(two: World) -> None:
    old = conversation_of(two, OLD).id
    await merge(two)
    events = two.store.records.events[-4:]
    merged = next(one for one in events if one.type == ConversationMerged.type)
    event = ConversationMerged.model_validate(merged.data)
    types = [(frame.topic, frame.type) for frame in frames_of(event, 9)]
    assert types == [(f"chat:{OLD}", "conversation_merged"), ("account:acme", "conversation:merged")]
    assert event.conversation.id == old
    assert "conversation.took_in.v1" in {one.type for one in events}


async def test_lists_and_searches_show_the_one(two: World) -> None:
    await merge(two)
    search = SearchConversations(two.store.searches, two.store.contacts)
    listed = ListForPerson(two.store.conversations, search)
    for text in (None, "word 0", "mira"):
        written = await listed(ListConversations(person=ADA, search=text), call())
        page = ConversationPage.model_validate_json(written.json)
        assert [one.session_id for one in page.items] == [NEW]


async def test_listeners_and_files_are_led_to_it(two: World) -> None:
    new = (await merge(two)).id
    old = conversation_of(two, OLD).id
    conversations = two.store.conversations
    for asked in (
        {"person": ADA, "conversation_id": old},
        {"connection_id": CONNECTION, "session_id": OLD},
    ):
        found = await FindForListener(conversations)(FindConversation(**asked), call())
        assert found.conversation is not None
        assert found.conversation.id == new
    first = next(one.view for one in two.store.records.messages.values() if one.view.content == "word 0")
    for about in (old, new):
        query = GetMessage(person=ADA, conversation_id=about, message_id=first.id)
        assert await GetMessageOfConversation(conversations, conversations)(query, call()) == first
    files = GetFileOfConversation(conversations, conversations)
    for query in (
        GetFile(person=ADA, conversation_id=old, file_id="f"),
        GetFile(connection_id=CONNECTION, session_id=OLD, file_id="f"),
    ):
        with pytest.raises(DomainError) as error:
            await files(query, call())
        assert (error.value.code, error.value.conversation_id) == ("not_found", new)


async def test_only_who_sees_the_other_one_reads_it(two: World) -> None:
    await merge(two)
    conversation_of(two, NEW).department = "HR"
    query = GetConversation(person=person("ana", "IT"), conversation_id=conversation_of(two, OLD).id)
    with pytest.raises(DomainError) as error:
        await GetThread(two.store.conversations)(query, call())
    assert error.value.code == "not_found"


async def test_of_one_whose_other_is_gone_it_is_its_own_home(two: World) -> None:
    await merge(two)
    old, new = conversation_of(two, OLD), conversation_of(two, NEW)
    del two.store.records.conversations["acme", new.id]
    assert texts(await thread(two, old.id)) == ["word 0", "word 2"]
    await two.says("into the void", 30, session_id=OLD)
    (sent,) = two.store.records.sent[-1:]
    assert sent.subject == old.id


async def test_reading_on_to_a_message_of_the_merged_one(two: World) -> None:
    view = await merge(two)
    first = next(one.view.id for one in two.store.records.messages.values() if one.view.content == "word 2")
    command = MarkRead(actor=ADMIN, conversation_id=view.id, message_id=first)
    assert (await two.do(mark_conversation_read, command, 30)).unread == 2
    unknown = command.model_copy(update={"message_id": "else"})
    assert await refused(two, mark_conversation_read, unknown) == "not_found"


async def test_what_was_sent_in_it_is_still_followed(two: World) -> None:
    await hand_off(two, OLD)
    old = conversation_of(two, OLD)
    reply = PostReply(actor=ADMIN, conversation_id=old.id, content="hello")
    message = await two.do(PostReplyToContact(two.new_id), reply, 12)
    kept = two.store.records.messages["acme", message.id]
    failed = kept.view.model_copy(update={"delivery": "failed"})
    two.store.records.messages["acme", message.id] = type(kept)(failed, kept.connection_id)
    await merge(two)
    command = RetryMessage(actor=ADMIN, conversation_id=old.id, message_id=message.id)
    assert (await two.do(retry_message, command, 30)).delivery == "queued"
    conversation_of(two, OLD).channel = Channel.WIDGET
    shown = AcknowledgeMessage(
        actor=Actor(kind=ActorKind.CONTACT, id="77"), conversation_id=old.id, message_id=message.id
    )
    await two.do(acknowledge_message, shown, 31)
    assert two.store.records.messages["acme", message.id].view.delivery == "delivered"


async def test_the_contact_of_the_merged_one_may_speak_in_the_other(two: World) -> None:
    conversation_of(two, OLD).contact_alias = "old-alias"
    view = await merge(two)
    assert conversation_of(two, NEW).further_aliases == ("old-alias",)
    await two.says(
        "me", 30, session_id=NEW, contact=InboundContact(alias="old-alias", name="Mira"), target="9"
    )
    assert conversation_of(two, NEW).target == "9"
    erased = conversation_of(two, NEW)
    erase(erased, SYSTEM, moment(40), "erasure")
    assert erased.further_aliases == ()
    assert view.target == "77"


@pytest.mark.parametrize(("to", "moved"), [("77", True), ("else", False)])
async def test_a_thread_that_moves_takes_the_other_along(two: World, to: str, moved: bool) -> None:
    conversation_of(two, NEW).target = to
    await merge(two)
    for _ in range(2):
        command = MoveThread(
            actor=SYSTEM, connection_id=CONNECTION, session_id=OLD, to_session_id="tg:99", to_target="99"
        )
        await two.do(FollowMove(two.new_id), command, 30)
    assert conversation_of(two, OLD).further_sessions == ("tg:99",)
    assert (conversation_of(two, NEW).target == "99") is moved


async def test_who_answers_on_the_platform_takes_over_the_other(two: World) -> None:
    await merge(two)
    command = TakeOverThread(actor=SYSTEM, connection_id=CONNECTION, session_id=OLD, by="Ben")
    two.store.records.sent.clear()
    await two.do(take_over_thread, command, 30)
    (onward,) = two.store.records.sent
    assert onward.subject == conversation_of(two, NEW).id
    await two.do(take_over_thread, onward.command, 31)
    assert conversation_of(two, NEW).status is Status.HANDED_OFF


async def test_an_agent_who_writes_first_writes_in_the_other(two: World) -> None:
    view = await merge(two)
    command = StartConversation(
        actor=ADMIN,
        connection_id=CONNECTION,
        chatbot_id=CHATBOT,
        channel=Channel.TELEGRAM,
        session_id=OLD,
        target="77",
        alias="77",
        content="hello again",
    )
    started = await two.do(StartByAgent(two.new_id), command, 30)
    assert started.conversation.id == view.id
