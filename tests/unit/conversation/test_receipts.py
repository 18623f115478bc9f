from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import DeliveryRecorded, MessageView, PostReply
from libs.contracts.delivery import ReplySent
from libs.contracts.errors import DomainError, PermanentError, TransientError
from libs.contracts.frames import frames_of
from libs.contracts.inbound import MatchReceipt, RecordReceipt
from libs.contracts.vocabulary import Channel, DeliveryState, ReceiptKind, Status
from services.conversation.domain.receipts import after_receipt
from services.conversation.use_cases.match_receipt import match_receipt
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.record_receipt import record_receipt
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, CONNECTION, agent, conversation, draft, moment

S, K = DeliveryState, ReceiptKind


async def sent(world: World) -> MessageView:
    """A message of ours that the platform has accepted."""
    await world.says(channel=Channel.WHATSAPP, session_id="wa:1")
    one = world.conversation()
    world.change(status=Status.HANDED_OFF)
    view: MessageView = await world.do(
        PostReplyToContact(world.new_id),
        PostReply(actor=agent("admin"), conversation_id=one.id, content="Hi!"),
        2,
    )
    event = ReplySent(
        actor=SYSTEM,
        occurred_at=moment(3),
        conversation_id=one.id,
        message_id=view.id,
        attempts=1,
        external_ids=("wamid.OUT1",),
    )
    await world.do(record_delivery, event, 3)
    return stored(world, view.id)


def stored(world: World, message_id: str) -> MessageView:
    view: MessageView = world.store.records.messages[ACCOUNT, message_id].view
    return view


async def tells(world: World, kind: ReceiptKind, seconds: float = 10, **parts: Any) -> None:
    """A receipt comes, is matched, and recorded."""
    given_ = {"actor": SYSTEM, "connection_id": CONNECTION, "external_id": "wamid.OUT1", "kind": kind}
    before = len(world.store.records.sent)
    await world.do(match_receipt, MatchReceipt(**given_ | {"at": moment(seconds)} | parts), seconds)
    for one in list(world.store.records.sent)[before:]:
        await world.do(record_receipt, one.command, seconds)


async def test_receipts_bring_a_message_forward_and_stay_on_it(world: World) -> None:
    view = await sent(world)
    for number, kind in enumerate((K.DELIVERED, K.READ)):
        await tells(world, kind, 10 + number)
    after = stored(world, view.id)
    assert after.delivery is S.READ
    assert [(one.kind, one.at) for one in after.receipts] == [(K.DELIVERED, moment(10)), (K.READ, moment(11))]
    last = world.conversation().last_message
    assert last is not None
    assert (last.delivery, last.receipts) == (S.READ, after.receipts)
    assert [fact.name for fact in world.store.records.receipt_facts] == [
        "delivery_delivered",
        "delivery_read",
    ]


async def test_a_receipt_for_an_older_message_leaves_the_preview_alone(world: World) -> None:
    view = await sent(world)
    await world.says("thanks", 20, channel=Channel.WHATSAPP, session_id="wa:1")
    await tells(world, K.READ, 21)
    last = world.conversation().last_message
    assert last is not None
    assert (last.content, last.receipts) == ("thanks", ())
    assert stored(world, view.id).delivery is S.READ


async def test_late_and_doubled_receipts_never_take_a_message_back(world: World) -> None:
    view = await sent(world)
    for kind in (K.READ, K.DELIVERED, K.SENT, K.READ, K.FAILED):
        await tells(world, kind)
    after = stored(world, view.id)
    assert (after.delivery, after.delivery_error) == (S.READ, None)
    assert [one.kind for one in after.receipts] == [K.READ, K.DELIVERED, K.SENT, K.FAILED]


async def test_a_receipt_that_says_nothing_new_changes_nothing(world: World) -> None:
    await sent(world)
    await tells(world, K.READ)
    version, events = world.conversation().version, len(world.store.records.events)
    await tells(world, K.READ)
    assert (world.conversation().version, len(world.store.records.events)) == (version, events)


async def test_a_receipt_is_matched_by_our_id_before_the_platforms_is_known(world: World) -> None:
    view = await sent(world)
    await tells(world, K.DELIVERED, external_id="wamid.OTHER", message_id=view.id)
    assert stored(world, view.id).delivery is S.DELIVERED
    assert world.store.records.messages[ACCOUNT, view.id].external_ids == ("wamid.OUT1", "wamid.OTHER")


async def on_its_way(world: World) -> None:
    """A further message whose platform has not answered yet."""
    await world.do(
        PostReplyToContact(world.new_id),
        PostReply(actor=agent("admin"), conversation_id=world.conversation().id, content="One moment."),
        4,
    )


async def test_a_receipt_that_may_be_faster_than_the_answer_to_our_call_waits(world: World) -> None:
    await sent(world)
    await on_its_way(world)
    for received in (None, moment(10)):
        with pytest.raises(TransientError):
            await tells(world, K.DELIVERED, external_id="wamid.SOON", received_at=received)


@pytest.mark.parametrize(
    "parts",
    [
        # Nothing of this connection is on its way.
        {"connection_id": "other", "external_id": "wamid.NEVER"},
        # It names an id of ours that there is not.
        {"message_id": "no", "external_id": "wamid.NEVER"},
        # Whatever was on its way then has been answered long ago.
        {"external_id": "wamid.NEVER", "received_at": moment(-300)},
    ],
)
async def test_a_receipt_for_a_message_that_is_not_ours_ends_quietly(
    world: World, parts: dict[str, Any]
) -> None:
    await sent(world)
    await on_its_way(world)
    before = len(world.store.records.sent)
    await tells(world, K.DELIVERED, 10, **parts)
    assert len(world.store.records.sent) == before


async def test_a_receipt_for_a_message_that_is_gone_is_kept_with_the_dead_letters(world: World) -> None:
    view = await sent(world)
    receipt = RecordReceipt(
        actor=SYSTEM,
        conversation_id=view.conversation_id,
        message_id="gone",
        external_id="x",
        kind=K.READ,
    )
    with pytest.raises(PermanentError):
        await world.do(record_receipt, receipt)
    with pytest.raises(DomainError):
        await world.do(record_receipt, receipt.model_copy(update={"conversation_id": "nonsense"}))
    other = receipt.model_copy(update={"conversation_id": "0" * 32 + view.conversation_id[-5:]})
    with pytest.raises(PermanentError):
        await world.do(record_receipt, other.model_copy(update={"message_id": view.id}))


async def test_a_failure_told_later_says_why_and_is_seen(world: World) -> None:
    view = await sent(world)
    await tells(world, K.FAILED, error="window_closed")
    after = stored(world, view.id)
    assert (after.delivery, after.delivery_error) == (S.FAILED, "window_closed")
    event = world.store.records.events[-1].message()
    assert isinstance(event, DeliveryRecorded)
    assert (event.state, event.error, event.receipt) == (S.FAILED, "window_closed", K.FAILED)


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        (K.DELIVERED, "conversation:delivered"),
        (K.READ, "conversation:read"),
        (K.OPENED, "conversation:opened"),
        (K.CLICKED, "conversation:clicked"),
        (K.BOUNCED, "conversation:error"),
        (K.COMPLAINT, "conversation:error"),
    ],
)
async def test_each_receipt_has_its_frame(world: World, kind: ReceiptKind, frame: str) -> None:
    await sent(world)
    await tells(world, kind)
    envelope = world.store.records.events[-1]
    event = envelope.message()
    assert isinstance(event, DeliveryRecorded)
    frames = frames_of(event, envelope.sequence or 0)
    assert frame in [one.type for one in frames if one.scope == "account"]


async def test_what_may_still_change_is_noted_and_moves_nothing(world: World) -> None:
    view = await sent(world)
    await tells(world, K.BOUNCED, error="bounced", lasting=False)
    after = stored(world, view.id)
    assert (after.delivery, [one.kind for one in after.receipts]) == (S.SENT, [K.BOUNCED])


def message(state: DeliveryState) -> MessageView:
    one = conversation()
    view = one.send_out(draft("out"), agent()).view
    return view.model_copy(update={"delivery": state})


@pytest.mark.parametrize(
    ("state", "kinds", "end"),
    [
        (S.QUEUED, [K.SENT], S.SENT),
        (S.UNKNOWN, [K.DELIVERED], S.DELIVERED),
        (S.FAILED, [K.SENT], S.FAILED),
        (S.FAILED, [K.DELIVERED], S.DELIVERED),
        (S.SENT, [K.FAILED, K.DELIVERED], S.DELIVERED),
        (S.DELIVERED, [K.FAILED], S.DELIVERED),
        (S.DELIVERED, [K.BOUNCED], S.FAILED),
        (S.SENT, [K.BOUNCED, K.DELIVERED, K.OPENED], S.FAILED),
        (S.DELIVERED, [K.COMPLAINT, K.READ], S.FAILED),
        (S.READ, [K.COMPLAINT], S.READ),
        (S.READ, [K.BOUNCED], S.READ),
        (S.DELIVERED, [K.OPENED, K.CLICKED], S.READ),
    ],
)
def test_where_receipts_lead(state: DeliveryState, kinds: list[ReceiptKind], end: DeliveryState) -> None:
    view = message(state)
    for kind in kinds:
        view = after_receipt(view, kind, moment(1), error=None, lasting=True)
    assert view.delivery is end


@given(st.lists(st.sampled_from(list(ReceiptKind)), max_size=12))
def test_in_whatever_order_they_come_what_was_read_stays_read(kinds: list[ReceiptKind]) -> None:
    view, was_read = message(S.SENT), False
    for kind in kinds:
        view = after_receipt(view, kind, moment(1), error=None, lasting=True)
        was_read = was_read or view.delivery is S.READ
        assert not was_read or view.delivery is S.READ
    assert len({one.kind for one in view.receipts}) == len(view.receipts) == len(set(kinds))
