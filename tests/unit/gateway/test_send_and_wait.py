"""A message is sent, and its sender told what became of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Query
from libs.contracts.conversation import (
    ConversationEvent,
    ConversationRef,
    DeliveryRecorded,
    FindConversation,
    FoundConversation,
    MessageView,
)
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.frames import frames_of
from libs.contracts.messages import MessageRetried, WriteToContact
from libs.contracts.topology import conversation_room
from libs.contracts.vocabulary import DeliveryState
from libs.runtime.clock import now
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.hub import Hub
from services.gateway.use_cases.read_gap import ReadGap
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.send_and_wait import SendAndWait, SentMessage
from tests.patience import PATIENCE
from tests.unit.gateway.fakes import ConversationBook, KeptFrames, ScriptedCommands
from tests.unit.gateway.samples import ACCOUNT, ANA, WHEN, conversation, message, recorded, until

REF = conversation()
WIDGET = conversation("web:1", connection_id="conn-web")
CALLER = PersonCaller(ANA, now())
MESSAGE = message(REF, 3)
#: Long enough never to pass where a frame, or the first look, ends the waiting.
LONG = 60 * PATIENCE
SHORT = 0.05


def stands(state: DeliveryState, error: str | None = None) -> MessageView:
    return MESSAGE.model_copy(update={"delivery": state, "delivery_error": error})


QUEUED, UNKNOWN, SENT = (
    stands(DeliveryState.QUEUED),
    stands(DeliveryState.UNKNOWN),
    stands(DeliveryState.SENT),
)


def receipt(
    state: DeliveryState = DeliveryState.SENT, *, ref: ConversationRef = REF, of: str = MESSAGE.id
) -> DeliveryRecorded:
    return DeliveryRecorded(actor=SYSTEM, occurred_at=WHEN, conversation=ref, message_id=of, state=state)


class World(ScriptedCommands):
    """The conversation service and the hub. `states` are what one look after the other finds, the last of
    them for good; `on_command` and `on_look` happen ahead of the answer.
    """

    def __init__(self, *states: MessageView, ref: ConversationRef | None = REF) -> None:
        super().__init__()
        self.result = QUEUED.model_dump(mode="json")
        self._ref = ref
        self._states = list(states)
        self.looks = 0
        self.on_command: Callable[[], None] = lambda: None
        self.on_look: Callable[[], None] = lambda: None
        self.reports: list[str] = []
        self.hub = Hub(ReadGap(ConversationBook(), KeptFrames()), report=self.reports.append)

    async def carry_out(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self.on_command()
        return await super().carry_out(*args, **kwargs)

    async def ask(self, query: Query, *, account_id: str, answer: type[Any]) -> Any:  # noqa: ARG002 - the port's
        assert account_id == ACCOUNT
        if isinstance(query, FindConversation):
            return FoundConversation(conversation=self._ref)
        self.looks += 1
        self.on_look()
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def hear(self, *events: ConversationEvent) -> None:
        """The events' frames come by, as the broker brings them."""
        for event in events:
            for frame in frames_of(event, 9):
                if frame.scope == "conversation":
                    room = conversation_room(frame.account_id, frame.conversation_id)
                    self.hub.receive(room, frame.model_dump_json().encode())
        assert not self.reports

    async def send(self, limit: float) -> SentMessage:
        command = WriteToContact(actor=CALLER.actor(), conversation_id=REF.id, content="Hi")
        try:
            return await SendAndWait(RunCommand(self), self, self.hub)(
                CALLER, command, REF.id, "command-1", limit
            )
        finally:
            assert not self.hub._watches, "whoever waits no more watches no more"

    async def looked(self, times: int) -> None:
        """Until it waits, having looked so often."""
        await until(lambda: self.looks == times)
        await asyncio.sleep(0)


async def test_the_outcome_may_be_there_at_once() -> None:
    """Whoever repeats a command gets the first answer, and no frame."""
    world = World(SENT)
    sent = await world.send(LONG)
    assert (sent.accepted, sent.delivery, world.looks) == (True, DeliveryState.SENT, 1)


async def test_a_frame_about_the_message_ends_the_waiting() -> None:
    world = World(QUEUED, SENT)
    sending = asyncio.create_task(world.send(LONG))
    await world.looked(1)
    world.hear(receipt())
    sent = await sending
    assert (sent.accepted, sent.delivery, world.looks) == (True, DeliveryState.SENT, 2)


async def test_a_frame_ahead_of_the_commands_answer_is_not_missed() -> None:
    world = World(QUEUED, SENT)
    world.on_command = lambda: world.hear(receipt())
    sent = await world.send(LONG)
    assert (sent.accepted, world.looks) == (True, 2)


async def test_a_frame_that_came_too_early_is_waited_beyond() -> None:
    """One of the attempt before, when it is sent once more."""
    world = World(QUEUED, QUEUED, SENT)
    sending = asyncio.create_task(world.send(LONG))
    await world.looked(1)
    world.hear(receipt(DeliveryState.FAILED))
    await world.looked(2)
    world.hear(receipt())
    assert (await sending).accepted
    assert world.looks == 3


OTHERS: tuple[ConversationEvent, ...] = (
    receipt(of="message-4"),
    receipt(ref=REF.model_copy(update={"id": f"another{REF.id[-5:]}"})),
    receipt(ref=REF.model_copy(update={"account_id": "acc-2"})),
    receipt(DeliveryState.UNKNOWN),
    MessageRetried(actor=SYSTEM, occurred_at=WHEN, conversation=REF, message=QUEUED),
    recorded(REF, 3),
)


@pytest.mark.parametrize("other", OTHERS, ids=range(len(OTHERS)))
async def test_for_other_frames_nobody_looks(other: ConversationEvent) -> None:
    world = World(QUEUED, SENT)
    sending = asyncio.create_task(world.send(LONG))
    await world.looked(1)
    world.hear(other)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (world.looks, sending.done()) == (1, False)
    world.hear(receipt())
    assert (await sending).accepted


async def test_without_frames_it_looks_once_more_at_the_deadline() -> None:
    """The realtime queue may be away."""
    world = World(QUEUED, SENT)
    sent = await world.send(SHORT)
    assert (sent.accepted, sent.delivery, world.looks) == (True, DeliveryState.SENT, 2)


@pytest.mark.parametrize("last", [QUEUED, UNKNOWN], ids=lambda message: str(message.delivery))
async def test_past_the_limit_it_is_not_known_yet(last: MessageView) -> None:
    world = World(QUEUED, last)
    sent = await world.send(SHORT)
    assert (sent.accepted, sent.delivery, world.looks) == (False, last.delivery, 2)


async def test_frames_that_keep_coming_do_not_make_it_wait_longer() -> None:
    world = World(QUEUED)
    world.on_look = lambda: world.hear(receipt())
    async with asyncio.timeout(5 * PATIENCE):
        sent = await world.send(SHORT)
    assert not sent.accepted
    assert world.looks > 2


async def test_whoever_does_not_wait_is_told_that_it_is_stored() -> None:
    world = World(SENT)
    sent = await world.send(0)
    assert (sent.accepted, sent.delivery, world.looks) == (False, DeliveryState.QUEUED, 0)


async def test_a_widgets_message_is_sent_once_it_is_stored() -> None:
    world = World(QUEUED, ref=WIDGET)
    assert (await world.send(LONG)).accepted
    assert world.looks == 0


async def test_a_conversation_that_is_seen_no_more_is_no_widgets() -> None:
    world = World(SENT, ref=None)
    assert (await world.send(LONG)).accepted
    assert world.looks == 1


@pytest.mark.parametrize(("error", "said"), [("blocked", "blocked"), (None, "refused")])
async def test_what_the_channel_refused_is_said_with_its_reason(error: str | None, said: str) -> None:
    world = World(QUEUED, stands(DeliveryState.FAILED, error))
    sending = asyncio.create_task(world.send(LONG))
    await world.looked(1)
    world.hear(receipt(DeliveryState.FAILED))
    with pytest.raises(DomainError) as refused:
        await sending
    assert refused.value.code == "channel_refused"
    assert said in refused.value.detail


async def test_a_refused_command_is_not_waited_for() -> None:
    world = World(QUEUED)
    world.error = DomainError(ErrorCode.NOT_HANDED_OFF, "It is closed.")
    with pytest.raises(DomainError, match="closed"):
        await world.send(LONG)
    assert world.looks == 0


async def test_whoever_goes_away_watches_no_more() -> None:
    world = World(QUEUED)
    sending = asyncio.create_task(world.send(LONG))
    await world.looked(1)
    assert world.hub._watches
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not world.hub._watches
