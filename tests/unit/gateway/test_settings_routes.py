"""Notification settings over HTTP, and in the frames of handoffs."""

import json
from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import ConversationHandedOff
from libs.contracts.frames import frames_of
from libs.contracts.notification_settings import SettingsOfPerson
from services.gateway.domain.frame_text import FrameText
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ANA, BEN, REQUESTER, WHEN, account_frame, conversation

PATH = "/app/me/notification-settings"


async def test_settings_are_the_callers_own(site: Site):
    first = await site.client.get(PATH, headers=site.bearer())
    assert first.json() == {"desktop": True, "sound": True}
    chosen = {"desktop": True, "sound": False}
    answer = await site.client.put(PATH, json=chosen, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, chosen)
    assert (await site.client.get(PATH, headers=site.bearer())).json() == chosen
    assert (await site.client.get(PATH, headers=site.bearer(BEN))).json()["sound"] is True


@pytest.mark.parametrize(
    "body", [{}, {"desktop": True}, {"desktop": 1, "sound": True}, {"desktop": True, "sound": True, "x": 1}]
)
async def test_settings_are_two_booleans_and_nothing_else(site: Site, body: Any):
    answer = await site.client.put(PATH, json=body, headers=site.bearer())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_same_key_writes_once(site: Site):
    headers = site.bearer(ANA, **{"Idempotency-Key": "once"})
    for _ in range(2):
        await site.client.put(PATH, json={"desktop": False, "sound": False}, headers=headers)
    assert len(site.notification_settings.written) == 1


async def test_requesters_have_none(site: Site):
    assert (await site.client.get(PATH, headers=site.bearer(REQUESTER))).status_code == 403


def test_a_handoff_tells_each_receiver_their_own_settings():
    event = ConversationHandedOff(actor=SYSTEM, occurred_at=WHEN, conversation=conversation(), reason="rule")
    frame = next(frame for frame in frames_of(event, 4) if frame.scope == "account")
    quiet = SettingsOfPerson(person_id=ANA.id, desktop=False, sound=False)
    text = FrameText(frame.model_copy(update={"settings": (quiet,)}))
    chime = {"sound_url": "/sounds/handoff.mp3", "volume": 0.6}
    told = {one: json.loads(text.under("account:acc-1", one)) for one in (ANA.id, BEN.id)}
    assert told[ANA.id]["settings"] == {"desktop": False, "sound": False, **chime}
    assert told[BEN.id]["settings"] == {"desktop": True, "sound": True, **chime}
    assert "settings" not in json.loads(text.under("account:acc-1"))
    assert "settings" not in json.loads(FrameText(account_frame(conversation(), 1)).under("a", ANA.id))
