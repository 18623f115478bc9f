"""In memory, and true to what the ports promise."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from libs.contracts.errors import ErrorCode, TransientError
from libs.contracts.frames import Frame
from libs.contracts.notification_settings import NotificationSettings
from services.notify.use_cases.ports import Kept, Unnumbered


def away() -> TransientError:
    return TransientError(ErrorCode.UNAVAILABLE, "away", retry_after=1)


class InMemoryFrames:
    """The port Frames. `batches` are the sizes in which they came; `bad` event ids cannot be stored."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Frame]] = {}
        self.batches: list[int] = []
        self.failures = 0
        self.bad: set[str] = set()

    async def append(self, account_id: str, frames: Sequence[Unnumbered]) -> list[Frame]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise away()
        if self.bad & {one.event_id for one in frames}:
            raise ValueError("cannot be stored")
        self.batches.append(len(frames))
        account = self.kept.setdefault(account_id, {})
        for one in frames:
            if one.event_id not in account:
                account[one.event_id] = one.frame.model_copy(update={"seq": len(account) + 1})
        return [account[one.event_id] for one in frames]

    async def after(self, account_id: str, number: int, limit: int) -> Kept:
        frames = [frame for frame in self.kept.get(account_id, {}).values() if frame.seq > number]
        last = len(self.kept.get(account_id, {}))
        return Kept(tuple(frames[:limit]), last=last, oldest=1, more=len(frames) > limit)


class ListRealtime:
    """The port Realtime, remembered."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.failures = 0

    async def publish_many(self, frames: Sequence[Frame]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise away()
        self.frames.extend(frames)


class InMemorySettings:
    """The port SettingsOfPeople."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[NotificationSettings, datetime]] = {}

    async def of(self, account_id: str, person_id: str) -> NotificationSettings | None:
        row = self.rows.get((account_id, person_id))
        return row[0] if row else None

    async def put(
        self, account_id: str, person_id: str, settings: NotificationSettings, given_at: datetime
    ) -> None:
        row = self.rows.get((account_id, person_id))
        if row is None or row[1] < given_at:
            self.rows[account_id, person_id] = (settings, given_at)

    async def unusual(self, account_id: str) -> Mapping[str, NotificationSettings]:
        return {
            person: settings
            for (account, person), (settings, _) in self.rows.items()
            if account == account_id and settings != NotificationSettings()
        }
