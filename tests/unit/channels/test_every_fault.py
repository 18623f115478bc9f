"""Every fault that a stand-in can produce, and what delivery makes of it: the table of
docs/testing-integrations.md. A fault that is added to a stand-in has to be added here.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from libs.contracts.vocabulary import Channel, ReceiptKind
from libs.standins.chatwoot.errors import FAULT_KINDS as CHATWOOT
from libs.standins.faults import TRANSPORT_KINDS
from libs.standins.postmark.errors import FAULT_KINDS as POSTMARK
from libs.standins.telegram.fault_kinds import KINDS as TELEGRAM
from libs.standins.whatsapp.errors import FAULT_KINDS as WHATSAPP
from tests.unit.channels.platforms import GROUP, SUPERGROUP, Platform, World
from tests.unit.delivery.build import START

#: What each stand-in says it can do.
REGISTRY: Mapping[Channel, Mapping[str, frozenset[str]]] = {
    Channel.TELEGRAM: TELEGRAM,
    Channel.WHATSAPP: {**TRANSPORT_KINDS, **WHATSAPP},
    Channel.EMAIL: {**TRANSPORT_KINDS, **POSTMARK},
    Channel.CHATWOOT: {**TRANSPORT_KINDS, **CHATWOOT},
}


@dataclass(frozen=True)
class Ends:
    """How a message ends. `waited` is the seconds until its end, `seen` how often people see it (None: as the
    platform likes), `breaks` whether the connection is broken off, `later` what a receipt says afterwards.
    """

    state: str
    code: str | None = None
    attempts: int = 1
    waited: float = 0.0
    seen: int | None = 0
    breaks: bool = False
    later: str | None = None


SENT = Ends("sent", seen=1)
LOST = Ends("unknown", "outcome_unknown")
TAKEN = Ends("unknown", "outcome_unknown", seen=1)
#: After three attempts, with the pauses of the schedule.
GIVEN_UP = Ends("failed", "platform_error", attempts=3, waited=5.0)
#: The platform accepted each attempt and said that it failed: nobody can know better.
GIVEN_UP_SEEN = Ends("failed", "platform_error", attempts=3, waited=5.0, seen=3)
MAIL_FAILED = Ends("failed", "platform_error")

#: Of the connection itself, the same for each platform.
TRANSPORT: list[tuple[dict[str, Any], Ends]] = [
    ({"kind": "latency", "seconds": 0.02}, SENT),
    ({"kind": "latency", "seconds": 30}, Ends("unknown", "outcome_unknown", seen=None)),
    ({"kind": "hang"}, LOST),
    ({"kind": "hang", "accepted": True}, TAKEN),
    ({"kind": "reset"}, LOST),
    ({"kind": "reset", "accepted": True}, TAKEN),
    ({"kind": "slow_body", "seconds": 0.05}, SENT),
    ({"kind": "slow_body", "seconds": 30}, TAKEN),
]


def limited(code: str, waited: float) -> Ends:
    return Ends("failed", code, attempts=3, waited=waited)


def refused(code: str, *, breaks: bool = False) -> Ends:
    return Ends("failed", code, breaks=breaks)


FAULTS: Mapping[Channel, list[tuple[dict[str, Any], Ends]]] = {
    Channel.TELEGRAM: [
        *TRANSPORT,
        ({"kind": "rate_limit", "retry_after": 7}, limited("rate_limited", 14.0)),
        ({"kind": "rate_limit", "retry_after": 7, "times": 1}, Ends("sent", attempts=2, waited=7.0, seen=1)),
        ({"kind": "server_error"}, GIVEN_UP),
        ({"kind": "server_error", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "bad_gateway"}, GIVEN_UP),
        ({"kind": "bad_gateway", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "unauthorized"}, refused("unauthorized", breaks=True)),
        ({"kind": "not_found"}, refused("not_found", breaks=True)),
        ({"kind": "blocked"}, refused("recipient_unreachable")),
        ({"kind": "chat_not_found"}, refused("chat_not_found")),
        ({"kind": "migrated", "migrate_to_chat_id": SUPERGROUP, "times": 1}, SENT),
        ({"kind": "error", "description": "Bad Request: message is too long"}, refused("message_too_long")),
        ({"kind": "error", "status": 504}, LOST),
        ({"kind": "error", "status": 504, "accepted": True}, TAKEN),
    ],
    Channel.WHATSAPP: [
        *TRANSPORT,
        ({"kind": "rate_limit"}, limited("rate_limited", 10.0)),
        ({"kind": "rate_limit", "retry_after": 9, "times": 1}, Ends("sent", attempts=2, waited=9.0, seen=1)),
        ({"kind": "rate_limit", "code": 80007}, limited("rate_limited", 120.0)),
        ({"kind": "rate_limit", "code": 131056}, limited("pair_rate_limited", 12.0)),
        ({"kind": "server_error"}, GIVEN_UP),
        ({"kind": "server_error", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "unavailable"}, GIVEN_UP),
        ({"kind": "unavailable", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "bad_gateway"}, GIVEN_UP),
        ({"kind": "bad_gateway", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "unauthorized"}, refused("unauthorized", breaks=True)),
        ({"kind": "undeliverable"}, refused("recipient_unreachable")),
        ({"kind": "window_closed"}, refused("window_closed")),
        ({"kind": "error", "code": 131042}, refused("payment_problem", breaks=True)),
        ({"kind": "error", "code": 2, "status": 504, "accepted": True}, TAKEN),
        ({"kind": "failed_later"}, Ends("sent", seen=1, later="whatsapp_131026")),
        ({"kind": "failed_later", "code": 131047}, Ends("sent", seen=1, later="window_closed")),
        ({"kind": "no_messages"}, TAKEN),
        ({"kind": "other_wa_id", "wa_id": "5511900000000"}, SENT),
    ],
    Channel.EMAIL: [
        *TRANSPORT,
        ({"kind": "rate_limit", "retry_after": 3}, refused("rate_limited")),
        ({"kind": "server_error"}, MAIL_FAILED),
        ({"kind": "server_error", "accepted": True}, Ends("failed", "platform_error", seen=1)),
        ({"kind": "maintenance"}, MAIL_FAILED),
        ({"kind": "maintenance", "accepted": True}, Ends("failed", "platform_error", seen=1)),
        ({"kind": "bad_gateway"}, MAIL_FAILED),
        ({"kind": "bad_gateway", "accepted": True}, Ends("failed", "platform_error", seen=1)),
        ({"kind": "unauthorized"}, refused("unauthorized", breaks=True)),
        ({"kind": "inactive"}, refused("recipient_inactive")),
        ({"kind": "inactive", "status": 406}, refused("recipient_inactive")),
        ({"kind": "error", "code": 405}, refused("out_of_credits", breaks=True)),
        ({"kind": "error", "code": 300, "status": 504, "accepted": True}, TAKEN),
        ({"kind": "bounce_later"}, Ends("sent", seen=1, later="bounced")),
        ({"kind": "partly_inactive"}, SENT),
        ({"kind": "delayed"}, SENT),
    ],
    Channel.CHATWOOT: [
        *TRANSPORT,
        ({"kind": "rate_limit"}, limited("rate_limited", 5.0)),
        ({"kind": "rate_limit", "retry_after": 8, "times": 1}, Ends("sent", attempts=2, waited=8.0, seen=1)),
        ({"kind": "too_many_messages"}, limited("too_many_messages", 60.0)),
        ({"kind": "server_error"}, GIVEN_UP),
        ({"kind": "server_error", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "bad_gateway"}, GIVEN_UP),
        ({"kind": "bad_gateway", "accepted": True}, GIVEN_UP_SEEN),
        ({"kind": "unauthorized"}, refused("unauthorized", breaks=True)),
        ({"kind": "unauthorized", "body": "missing"}, refused("unauthorized", breaks=True)),
        ({"kind": "unauthorized", "body": "account"}, refused("unauthorized", breaks=True)),
        ({"kind": "conversation_gone"}, refused("conversation_missing")),
        ({"kind": "html"}, LOST),
        ({"kind": "html", "accepted": True}, TAKEN),
        ({"kind": "error", "status": 402}, refused("plan_limit")),
        ({"kind": "error", "status": 504, "accepted": True}, TAKEN),
        ({"kind": "failed_later"}, Ends("sent", seen=1, later="chatwoot_failed")),
    ],
}

CASES = [
    pytest.param(channel, fault, ends, id=f"{channel}-{'-'.join(map(str, fault.values()))}")
    for channel, rows in FAULTS.items()
    for fault, ends in rows
]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with World.running() as running:
        yield running


@pytest.mark.parametrize("channel", list(REGISTRY))
def test_the_table_has_every_fault_of_the_stand_in(channel: Channel) -> None:
    known = REGISTRY[channel]
    written = [fault for fault, _ in FAULTS[channel]]
    assert {fault["kind"] for fault in written} == known.keys()
    # What may also take effect unseen is tried both ways.
    twofold = {kind for kind, options in known.items() if "accepted" in options}
    assert {fault["kind"] for fault in written if fault.get("accepted")} == twofold


@pytest.mark.parametrize(("channel", "fault", "ends"), CASES)
async def test_a_fault_ends_as_the_table_says(
    world: World, channel: Channel, fault: dict[str, Any], ends: Ends
) -> None:
    silent = fault["kind"] == "hang" or fault.get("seconds") == 30
    async with world.platform(channel, 0.3 if silent else 5.0) as one:
        one.add_fault(**fault)
        begun = one.stage.clock.seconds
        row = await one.send(target=str(GROUP)) if fault["kind"] == "migrated" else await one.send()
        found = Ends(
            state=row.state,
            code=row.error,
            attempts=row.attempts,
            waited=round(one.stage.clock.seconds - begun, 3),
            seen=None if ends.seen is None else len(one.shown),
            breaks=not one.stage.connections.stored[one.connection.id].usable,
            later=ends.later,
        )
        assert found == ends
        if ends.later is not None:
            await _told_later(one, ends.later)


_WENT_WRONG = {ReceiptKind.FAILED, ReceiptKind.BOUNCED}


async def _told_later(one: Platform, code: str) -> None:
    async with asyncio.timeout(5):
        while not (failed := [got for got in one.receipts() if got.kind in _WENT_WRONG]):
            await one.hook.wait_for(len(one.hook.posts) + 1)
    assert failed[0].external_id in {
        part for row in one.stage.ledger.rows.values() for part in row.provider_ids
    }
    assert failed[0].error == code


@pytest.mark.parametrize("channel", [Channel.TELEGRAM, Channel.WHATSAPP, Channel.CHATWOOT])
async def test_a_retry_keeps_the_order_of_its_conversation(world: World, channel: Channel) -> None:
    async with world.platform(channel) as one:
        one.add_fault("server_error", calls=[1])
        conversation = "0192f6c0a1b27c3d9e4f5a6b7c8d9e0f-0a07"
        options = {"channel": channel, "target": one.target}
        for number in range(1, 4):
            await one.stage.record(conversation, sequence=number, content=f"{number}.", **options)
        last = list(one.stage.ledger.rows)[-1]
        while one.stage.state(last) != "sent":
            await one._settled()
            one.stage.clock.pass_(1.0)
            await one.stage.dispatcher.look()
        assert [shown.text for shown in one.shown.after()] == ["1.", "2.", "3."]
        assert one.stage.clock.moment > START
