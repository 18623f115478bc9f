import pytest

from libs.contracts.base import Actor
from libs.contracts.frames import frames_of
from libs.contracts.notification_settings import (
    GetNotificationSettings,
    NotificationSettings,
    PutNotificationSettings,
    SettingsOfPerson,
)
from libs.contracts.vocabulary import ActorKind
from services.notify.use_cases.notification_settings import AddSettings, KeepSettings
from tests.unit.notify.build import START, account_frame, handed_off
from tests.unit.notify.fakes import InMemorySettings
from tests.unit.notify.settings_suite import QUIET, SettingsSuite


@pytest.fixture
def kept() -> InMemorySettings:
    return InMemorySettings()


class TestInMemorySettings(SettingsSuite):
    pass


async def test_who_never_chose_hears_everything(kept: InMemorySettings):
    got = await KeepSettings(kept).get(GetNotificationSettings(person_id="ana"), account_id="acc-1")
    assert got == NotificationSettings(desktop=True, sound=True)


async def test_a_person_chooses_for_themselves(kept: InMemorySettings):
    use_case = KeepSettings(kept)
    command = PutNotificationSettings(actor=Actor(kind=ActorKind.AGENT, id="ana"), settings=QUIET)
    assert await use_case.put(command, account_id="acc-1", given_at=START) == QUIET
    assert await use_case.get(GetNotificationSettings(person_id="ana"), account_id="acc-1") == QUIET


async def test_only_a_handoffs_frame_carries_settings(kept: InMemorySettings):
    await kept.put("acc-1", "ana", QUIET, START)
    handoff = next(frame for frame in frames_of(handed_off(), 3) if frame.scope == "account")
    add = AddSettings(kept)
    assert (await add(handoff)).settings == (SettingsOfPerson(person_id="ana", sound=False),)
    assert (await add(account_frame())).settings == ()
