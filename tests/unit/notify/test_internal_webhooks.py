"""Internal webhooks: who hears of what, signed how, and in which order."""

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import ConversationClosed
from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.suggestions import SuggestionRecorded, SuggestionView
from libs.contracts.vocabulary import SenderKind
from services.notify.domain.internal_webhooks import MOST_ATTEMPTS, key_of, next_attempt, notice_of
from services.notify.entrypoints.webhook_sender import WebhookSender
from services.notify.settings import NotifySettings
from services.notify.use_cases.post_webhooks import PostWebhooks
from services.notify.use_cases.queue_webhooks import QueueWebhooks
from services.notify.use_cases.webhook_ports import Delivery
from tests.unit.notify.build import CONVERSATION, START, message, ref, resolved

HERE = "http://127.0.0.1:9000"
KEY = b"0123456789abcdef"


def closed(requester: str | None = "uma") -> ConversationClosed:
    conversation = ref("acc-1", CONVERSATION).model_copy(update={"requester_id": requester})
    return ConversationClosed(actor=SYSTEM, occurred_at=START, conversation=conversation)


class Line:
    """The port WebhookOutbox in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[Delivery, str]] = {}
        self.ours = True
        self.away = 0

    async def add(self, deliveries: list[Delivery], at: datetime) -> None:  # noqa: ARG002 - the port's
        for one in deliveries:
            self.rows.setdefault((one.receiver, one.event_id), (one, "waiting"))

    async def first(self, receiver: str) -> Delivery | None:
        if self.away:
            self.away -= 1
            raise TransientError(ErrorCode.UNAVAILABLE, "away")
        waiting = (one for one, state in self.rows.values() if (one.receiver, state) == (receiver, "waiting"))
        return next(waiting, None)

    async def done(self, delivery: Delivery) -> None:
        self.rows[delivery.receiver, delivery.event_id] = (delivery, "done")

    async def again(self, delivery: Delivery, at: datetime | None) -> None:
        later = Delivery(
            delivery.receiver,
            delivery.event_id,
            delivery.conversation_id,
            delivery.path,
            delivery.body,
            delivery.attempts + 1,
            at,
        )
        state = "set aside" if at is None else "waiting"
        self.rows[delivery.receiver, delivery.event_id] = (later, state)

    async def mine(self, receiver: str) -> bool:  # noqa: ARG002 - the port's
        return self.ours


class Receiver:
    """The port Receivers: takes what it is given, unless it fails first."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes, dict[str, str]]] = []
        self.failures = 0

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> bool:
        self.posts.append((address, body, headers))
        if self.failures:
            self.failures -= 1
            return False
        return True

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, _, headers in self.posts]


class Desk:
    """Everything together, with a clock that moves when it is told to."""

    def __init__(self) -> None:
        self.line, self.receiver = Line(), Receiver()
        self.moment = START
        self.given_up: list[str] = []
        self.queue = QueueWebhooks(self.line, (HERE,), lambda: self.moment)
        self.post = PostWebhooks(
            self.line, self.receiver, KEY, lambda: self.moment, lambda: 0.5, self.given_up.append
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("kind", [SenderKind.CONTACT, SenderKind.AGENT, SenderKind.AI])
def test_every_message_of_a_person_or_the_ai_is_told(kind: SenderKind):
    notice = notice_of(message(kind), "e1")
    assert notice is not None
    assert notice.path == "/internal/webhook/on_message_sent"
    told = json.loads(notice.body)
    assert (told["id"], told["type"], told["account_id"]) == ("e1", "on_message_sent", "acc-1")
    assert (told["data"]["content"], told["data"]["sender_kind"]) == ("Hello", kind)
    assert told["data"]["ticket_id"] is None


def test_the_close_of_a_ticket_is_told_and_nothing_else():
    notice = notice_of(closed(), "e1")
    assert notice is not None
    assert notice.path == "/internal/webhook/on_ticket_closed"
    assert json.loads(notice.body)["data"]["ticket_id"] == CONVERSATION
    assert notice_of(closed(requester=None), "e1") is None
    assert notice_of(message(SenderKind.SYSTEM), "e1") is None
    assert notice_of(resolved(), "e1") is None


def test_a_suggestion_is_told():
    suggestion = SuggestionView(
        id="s1",
        conversation_id=CONVERSATION,
        message_id="m1",
        body="Restart it",
        confidence=0.5,
        created_at=START,
    )
    event = SuggestionRecorded(
        actor=SYSTEM, occurred_at=START, conversation=ref("acc-1", CONVERSATION), suggestion=suggestion
    )
    notice = notice_of(event, "e1")
    assert notice is not None
    assert notice.path == "/internal/webhook/on_ai_reply_suggested"
    assert json.loads(notice.body)["data"]["suggestion_id"] == "s1"


async def test_a_post_is_signed_so_that_a_receiver_can_check_it(desk: Desk):
    await desk.queue(message(), "e1")
    assert await desk.post(HERE) == 1
    ((address, body, headers),) = desk.receiver.posts
    assert address == f"{HERE}/internal/webhook/on_message_sent"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_an_event_that_comes_twice_is_posted_once(desk: Desk):
    for _ in range(2):
        await desk.queue(message(), "e1")
        await desk.post(HERE)
    assert desk.receiver.ids() == ["e1"]


async def test_one_that_fails_holds_up_the_rest_until_it_is_taken(desk: Desk):
    for event_id in ("e1", "e2"):
        await desk.queue(message(), event_id)
    desk.receiver.failures = 1
    assert await desk.post(HERE) == 0
    assert await desk.post(HERE) == 0
    assert desk.receiver.ids() == ["e1"]
    desk.moment += timedelta(seconds=2)
    assert await desk.post(HERE) == 2
    assert desk.receiver.ids() == ["e1", "e1", "e2"]


async def test_after_its_attempts_it_is_set_aside(desk: Desk):
    for event_id in ("e1", "e2"):
        await desk.queue(message(), event_id)
    desk.receiver.failures = MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        await desk.post(HERE)
        desk.moment += timedelta(hours=1)
    assert desk.given_up == ["e1"]
    assert await desk.post(HERE) == 1
    assert desk.receiver.ids()[-1] == "e2"


async def test_nothing_is_posted_by_two_and_nothing_kept_for_nobody(desk: Desk):
    await desk.queue(message(), "e1")
    desk.line.ours = False
    assert await desk.post(HERE) == 0
    assert desk.receiver.posts == []
    nobody = QueueWebhooks(desk.line, (), lambda: START)
    await nobody(message(), "e2")
    assert len(desk.line.rows) == 1


async def test_the_sender_goes_on_when_the_store_was_away(desk: Desk):
    await desk.queue(message(), "e1")
    desk.line.away = 1
    running = asyncio.create_task(WebhookSender(desk.post, [HERE], pause=0.001).run())
    async with asyncio.timeout(5):
        while not desk.receiver.posts:  # noqa: ASYNC110 - a fake has no event for it
            await asyncio.sleep(0.001)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert desk.receiver.ids() == ["e1"]


def test_pauses_grow_to_half_an_hour():
    pauses = []
    for attempts in range(1, MOST_ATTEMPTS):
        due = next_attempt(attempts, START, 0.5)
        assert due is not None
        pauses.append((due - START).total_seconds())
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 1_800
    assert next_attempt(MOST_ATTEMPTS, START, 0.5) is None


def test_a_secret_is_text_or_base64():
    assert key_of("whsec_MDEyMzQ1Njc4OWFiY2RlZg==") == KEY
    assert key_of("plain") == b"plain"
    with pytest.raises(ValueError, match="not base64"):
        key_of("whsec_*")


class TestSettings:
    @pytest.fixture(autouse=True)
    def _clean(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PARLEY_SECRET_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

    def test_receivers_come_with_a_secret(self):
        made = NotifySettings(
            internal_webhooks=f"{HERE}/, {HERE} ,http://b", internal_webhook_secret="0123456789abcdef"
        )
        assert made.internal_receivers == (HERE, "http://b")
        assert NotifySettings().internal_receivers == ()
        with pytest.raises(ValueError, match="needs"):
            NotifySettings(internal_webhooks=HERE)
        with pytest.raises(ValueError, match="no http"):
            NotifySettings(internal_webhooks="ftp://b", internal_webhook_secret="0123456789abcdef")
