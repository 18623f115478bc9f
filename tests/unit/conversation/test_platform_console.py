"""What people do in Chatwoot's own console, and conversations that agents begin there."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import ContactView, InboundContact
from libs.contracts.delivery import ReplySent
from libs.contracts.errors import PermanentError
from libs.contracts.inbound import MatchReceipt, TakeOverThread
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply, ThereStatus
from libs.contracts.vocabulary import Channel, DeliveryState, MessageKind, ReceiptKind, SenderKind, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.follow_thread_status import follow_thread_status
from services.conversation.use_cases.match_receipt import match_receipt
from services.conversation.use_cases.ports import AlreadyRecordedError
from services.conversation.use_cases.record_console_reply import RecordConsole
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.record_receipt import record_receipt
from services.conversation.use_cases.take_over_thread import take_over_thread
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, CHATBOT, CONNECTION, moment

JO = InboundContact(alias="3:501", name="Jo")
THERE: dict[str, Any] = {
    "channel": Channel.CHATWOOT,
    "session_id": "cw:3:77",
    "target": "3/77",
    "contact": JO,
    "references": ("cw:3:77",),
}


def written(number: int = 1, **parts: Any) -> RecordConsoleReply:
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "connection_id": CONNECTION,
        "chatbot_id": CHATBOT,
        "channel": Channel.CHATWOOT,
        "session_id": "cw:3:77",
        "target": "3/77",
        "delivery_id": f"message_created:{900 + number}",
        "external_id": f"{900 + number}",
        "writer_id": "3:user:8",
        "writer": "Ana Reis",
        "contact": JO,
        "kind": MessageKind.TEXT,
        "content": "I will look.",
    }
    return RecordConsoleReply(**(given | parts))


def told(status: ThereStatus, **parts: Any) -> FollowThreadStatus:
    return FollowThreadStatus(
        actor=SYSTEM, connection_id=CONNECTION, session_id="cw:3:77", status=status, by="Ana", **parts
    )


async def console(world: World, command: RecordConsoleReply, seconds: float = 0.0) -> None:
    await world.do(RecordConsole(world.new_id), command, seconds)


async def test_what_a_person_writes_there_is_an_agents_message_that_is_out_and_the_bot_is_silent(
    world: World,
) -> None:
    asked = await world.says("Where is it?", **THERE)
    await console(world, written(reply_to="external-1"), 5)
    one = world.conversation()
    assert (one.status, one.handoff_reason, one.question) == (Status.HANDED_OFF, "agent_took_over", None)
    last = one.last_message
    assert last is not None
    assert (last.content, last.delivery, last.is_ai) == ("I will look.", DeliveryState.SENT, False)
    assert (last.sender.kind, last.sender.name, last.reply_to) == (
        SenderKind.AGENT,
        "Ana Reis",
        asked.message_id,
    )
    assert (one.assignee_id, one.unread) == (None, 0)
    await console(world, written(2), 6)
    assert world.event_types()[-1] == "message_recorded"
    assert world.conversation().message_count == 3


async def test_a_repeat_is_not_recorded_twice(world: World) -> None:
    await world.says(**THERE)
    await console(world, written())
    await console(world, written())  # known by the platform's id
    assert world.conversation().message_count == 2
    with pytest.raises(AlreadyRecordedError):
        await console(world, written(external_id="another"))
    assert await world.do(RecordConsole(world.new_id).again, written()) is None


async def test_a_conversation_that_begins_there_begins_here(world: World) -> None:
    await console(world, written())
    one = world.conversation()
    assert (one.status, one.contact.name, one.session_id, one.target) == (
        Status.HANDED_OFF,
        "Jo",
        "cw:3:77",
        "3/77",
    )
    await world.says("Thanks", **THERE)
    assert world.conversation().message_count == 2


async def test_without_its_chatbot_it_is_kept_with_the_dead_letters(world: World) -> None:
    with pytest.raises(PermanentError):
        await console(world, written(chatbot_id="nobody"))


@pytest.mark.parametrize("status", [Status.HANDED_OFF, Status.RESOLVED, Status.CLOSED])
async def test_a_reply_there_changes_no_other_status(world: World, status: Status) -> None:
    await world.says(**THERE)
    world.change(status=status)
    await console(world, written())
    assert (world.conversation().status, world.conversation().message_count) == (status, 2)


@pytest.mark.parametrize(
    ("status", "there", "becomes"),
    [
        (Status.ACTIVE, ThereStatus.RESOLVED, Status.RESOLVED),
        (Status.HANDED_OFF, ThereStatus.RESOLVED, Status.RESOLVED),
        (Status.CLOSED, ThereStatus.RESOLVED, Status.CLOSED),
        (Status.HANDED_OFF, ThereStatus.BOT, Status.ACTIVE),
        (Status.ACTIVE, ThereStatus.BOT, Status.ACTIVE),
        (Status.RESOLVED, ThereStatus.BOT, Status.RESOLVED),
    ],
)
async def test_a_status_set_there_is_followed(
    world: World, status: Status, there: ThereStatus, becomes: Status
) -> None:
    await world.says(**THERE)
    world.change(status=status)
    await world.do(follow_thread_status, told(there), 5)
    assert world.conversation().status is becomes
    if becomes is not status:
        assert world.store.records.events[-1].data["actor"]["name"] == "Ana"


def taken(**parts: Any) -> TakeOverThread:
    return TakeOverThread(actor=SYSTEM, connection_id=CONNECTION, session_id="cw:3:77", by="Ana", **parts)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
async def test_what_was_settled_is_opened_again_there(world: World, status: Status) -> None:
    await world.says(**THERE)
    world.change(status=status)
    await world.do(take_over_thread, taken(at=moment(9)), 9)
    assert world.conversation().status is Status.HANDED_OFF


async def test_what_is_archived_stays_so(world: World) -> None:
    await world.says(**THERE)
    world.change(status=Status.ARCHIVED)
    await world.do(take_over_thread, taken())
    assert world.conversation().status is Status.ARCHIVED


async def test_what_the_platform_tells_late_undoes_nothing_newer(world: World) -> None:
    await world.says(**THERE)
    await world.do(take_over_thread, taken(), 4)
    world.change(status=Status.CLOSED, closed_at=moment(8))
    await world.do(take_over_thread, taken(at=moment(4)), 9)
    assert world.conversation().status is Status.CLOSED
    world.change(status=Status.HANDED_OFF)
    await world.do(follow_thread_status, told(ThereStatus.BOT, at=moment(4)), 9)
    assert world.conversation().status is Status.HANDED_OFF


async def test_nothing_follows_for_a_thread_that_is_not_known(world: World) -> None:
    await world.do(follow_thread_status, told(ThereStatus.RESOLVED))
    assert not world.store.records.conversations


async def begun_here(world: World) -> Conversation:
    """An agent wrote to somebody's address first; Chatwoot made conversation 78 of it."""
    parts = {"session_id": "cw:jo@sample.test", "target": "jo@sample.test", "references": ()}
    await world.says(**THERE | parts)
    world.change(status=Status.HANDED_OFF)
    one = world.conversation()
    await world.do(
        RecordConsole(world.new_id),
        written(session_id="cw:jo@sample.test", target="jo@sample.test", conversation_id=one.id),
    )
    one = world.conversation()
    assert one.last_message is not None
    sent = ReplySent(
        actor=SYSTEM,
        conversation_id=one.id,
        message_id=one.last_message.id,
        attempts=1,
        external_ids=("911",),
        moved_to="3/78",
        occurred_at=moment(3),
    )
    await world.do(record_delivery, sent, 3)
    return world.conversation()


async def test_the_answer_to_a_conversation_begun_here_lands_in_it(world: World) -> None:
    one = await begun_here(world)
    # The platform's own receipt was faster: the message was known to be sent.
    assert (one.target, one.further_sessions) == ("3/78", ("cw:3:78",))
    before = len(world.store.records.sent)
    answer = THERE | {"session_id": "cw:3:78", "target": "3/78", "references": ("cw:3:78",)}
    assert await world.says("Yes?", **answer) is None
    (carried,) = world.store.records.sent[before:]
    recorded = await world.do(world.record, carried.command)
    assert recorded.conversation_id == one.id


async def test_what_is_done_there_to_a_conversation_begun_here_goes_to_its_partition(world: World) -> None:
    one = await begun_here(world)
    for use_case, command in (
        (RecordConsole(world.new_id), written(5, session_id="cw:3:78")),
        (follow_thread_status, told(ThereStatus.RESOLVED).model_copy(update={"session_id": "cw:3:78"})),
    ):
        before = len(world.store.records.sent)
        await world.do(use_case, command, 5)
        (carried,) = world.store.records.sent[before:]
        assert carried.command.conversation_id == one.id
        await world.do(use_case, carried.command, 6)
    found = world.conversation()
    assert (found.status, found.message_count) == (Status.RESOLVED, 3)


async def test_the_same_address_once_more_changes_nothing(world: World) -> None:
    one = await begun_here(world)
    version = one.version
    assert one.last_message is not None
    again = ReplySent(
        actor=SYSTEM,
        conversation_id=one.id,
        message_id=one.last_message.id,
        attempts=1,
        moved_to="3/78",
        occurred_at=moment(3),
    )
    await world.do(record_delivery, again, 4)
    assert world.conversation().version == version


def test_a_mails_new_address_is_no_thread() -> None:
    one = Conversation.start(
        actor=SYSTEM,
        at=moment(),
        id="0" * 32 + "-0001",
        account_id=ACCOUNT,
        chatbot_id=CHATBOT,
        chatbot_name="Bot",
        connection_id=CONNECTION,
        channel=Channel.EMAIL,
        session_id="email:a",
        target="a@x.test",
        contact=ContactView(id="c"),
        contact_alias="a@x.test",
    )
    assert one.move_to("b@x.test")
    assert (one.target, one.further_sessions) == ("b@x.test", ())


async def test_our_own_message_told_back_ends_what_nobody_knew(world: World) -> None:
    """Its receipt names it by our id: an answer that was lost on the way is made up for."""
    await world.says(**THERE)
    await console(world, written())
    one = world.conversation()
    assert one.last_message is not None
    key = (ACCOUNT, one.last_message.id)
    kept = world.store.records.messages[key]
    view = kept.view.model_copy(update={"delivery": DeliveryState.UNKNOWN})
    world.store.records.messages[key] = type(kept)(**{**vars(kept), "view": view})
    receipt = MatchReceipt(
        actor=SYSTEM,
        connection_id=CONNECTION,
        external_id="9106",
        message_id=one.last_message.id,
        kind=ReceiptKind.SENT,
    )
    await world.do(match_receipt, receipt)
    await world.do(record_receipt, world.store.records.sent[-1].command)
    assert world.store.records.messages[key].view.delivery is DeliveryState.SENT
