"""What the use cases need from outside. Whatever is away for now is TransientError."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.contracts.frames import Frame


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A frame of an account's topic, and the event it comes from."""

    event_id: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an account's frames. `last` is the newest number given out, or, when nothing is kept
    any more, a number not below it; `oldest` is the first still kept, one after `last` when there is none.
    """

    frames: tuple[Frame, ...]
    last: int
    oldest: int
    more: bool


class Frames(Protocol):
    """The numbered frames of account topics, kept for a day."""

    async def append(self, account_id: str, frames: Sequence[Unnumbered]) -> list[Frame]:
        """Give each the account's next number, in order, and keep it. An event that has its number already
        keeps that. Numbers rise without holes while frames are kept, and are never given twice, also with
        several writers.
        """
        ...

    async def after(self, account_id: str, number: int, limit: int) -> Kept:
        """Frames with a higher number, the oldest first."""
        ...


class Realtime(Protocol):
    """The way to the gateways."""

    async def publish_many(self, frames: Sequence[Frame]) -> None:
        """Publish frames in order."""
        ...
