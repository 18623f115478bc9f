"""The routes of what happens later, over fakes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts.conversation import Sender
from libs.contracts.scheduling import (
    CancelScheduledReply,
    ListScheduledReplies,
    ScheduledReply,
    ScheduleReply,
)
from libs.contracts.snoozing import SnoozeConversation, UnsnoozeConversation
from libs.contracts.vocabulary import SenderKind
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, WHEN, conversation, view

CONVERSATION = conversation()
ADDRESS = f"/api/v1/conversations/{CONVERSATION.id}"
SHOWN = view(CONVERSATION).model_dump(mode="json")
REPLY = ScheduledReply(
    id="s1",
    conversation_id=CONVERSATION.id,
    author=Sender(kind=SenderKind.AGENT, id="agent-ana", name="Ana"),
    content="All well?",
    send_at=WHEN,
    created_at=WHEN,
).model_dump(mode="json")
NINE = datetime(2027, 1, 31, 9, tzinfo=UTC)


async def test_snooze_and_its_undo(site: Site) -> None:
    site.commands.result = SHOWN
    body = {"until": "2027-01-31T10:00:00+01:00"}
    answer = await site.client.post(f"{ADDRESS}/snooze", json=body, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    answer = await site.client.delete(f"{ADDRESS}/snooze", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    (_, snooze), (_, unsnooze) = site.commands.carried_out
    assert isinstance(snooze, SnoozeConversation)
    assert isinstance(unsnooze, UnsnoozeConversation)
    assert snooze.until == NINE


async def test_a_reply_is_scheduled_listed_and_cancelled(site: Site) -> None:
    site.commands.result = REPLY
    body = {"body": "All well?", "send_at": "2027-01-31T09:00:00Z"}
    answer = await site.client.post(f"{ADDRESS}/scheduled-replies", json=body, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (201, REPLY)
    answer = await site.client.delete(f"{ADDRESS}/scheduled-replies/s1", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, REPLY)
    (_, scheduled), (_, cancelled) = site.commands.carried_out
    assert isinstance(scheduled, ScheduleReply)
    assert isinstance(cancelled, CancelScheduledReply)
    assert (scheduled.content, scheduled.send_at, cancelled.scheduled_id) == ("All well?", NINE, "s1")

    site.queries.result = {"items": [REPLY], "next_before": None}
    answer = await site.client.get(f"{ADDRESS}/scheduled-replies?limit=5", headers=site.bearer())
    assert answer.json()["items"] == [REPLY]
    query = ListScheduledReplies(person=ANA, conversation_id=CONVERSATION.id, limit=5)
    assert site.queries.asked == [(ACCOUNT, query)]


@pytest.mark.parametrize(
    "until",
    [
        "tomorrow",
        "2027-01-31",
        "2027-01-31T09:00:00",
        "1700000000",
        1_700_000_000,
        "2027-02-31T09:00:00Z",
        "0000-01-01T00:00:00Z",
        None,
    ],
)
async def test_what_is_no_moment_is_refused(site: Site, until: Any) -> None:
    answer = await site.client.post(f"{ADDRESS}/snooze", json={"until": until}, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_requesters_put_nothing_off(site: Site) -> None:
    for path in ("snooze", "scheduled-replies"):
        answer = await site.client.post(f"{ADDRESS}/{path}", json={}, headers=site.bearer(REQUESTER))
        assert answer.status_code == 403
