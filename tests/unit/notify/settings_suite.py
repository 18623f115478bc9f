"""What the port SettingsOfPeople promises, for the fake and the real one."""

from datetime import timedelta

from libs.contracts.notification_settings import NotificationSettings
from services.notify.use_cases.notification_settings import SettingsOfPeople
from tests.unit.notify.build import START

QUIET = NotificationSettings(sound=False)


class SettingsSuite:
    async def test_nothing_is_known_of_who_never_chose(self, kept: SettingsOfPeople):
        assert await kept.of("acc-1", "ana") is None
        assert await kept.unusual("acc-1") == {}

    async def test_settings_are_one_persons_of_one_account(self, kept: SettingsOfPeople):
        await kept.put("acc-1", "ana", QUIET, START)
        assert await kept.of("acc-1", "ana") == QUIET
        assert await kept.of("acc-2", "ana") is None
        assert await kept.unusual("acc-1") == {"ana": QUIET}
        assert await kept.unusual("acc-2") == {}

    async def test_the_newest_choice_stands_whatever_comes_late_or_twice(self, kept: SettingsOfPeople):
        newest = NotificationSettings(desktop=False)
        await kept.put("acc-1", "ana", newest, START + timedelta(seconds=2))
        await kept.put("acc-1", "ana", QUIET, START + timedelta(seconds=1))
        await kept.put("acc-1", "ana", newest, START + timedelta(seconds=2))
        assert await kept.of("acc-1", "ana") == newest

    async def test_who_goes_back_to_the_usual_is_unusual_no_more(self, kept: SettingsOfPeople):
        await kept.put("acc-1", "ana", QUIET, START)
        await kept.put("acc-1", "ana", NotificationSettings(), START + timedelta(seconds=1))
        assert await kept.of("acc-1", "ana") == NotificationSettings()
        assert await kept.unusual("acc-1") == {}
