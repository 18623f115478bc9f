"""What the notify service takes and gives: the frames of account topics, numbered and kept a day."""

from pydantic import Field

from libs.contracts.base import Contract, Query
from libs.contracts.frames import Frame


class FramesAfter(Query, type="frames_after.v1"):
    """The account topic's frames after a number, the oldest first."""

    after: int = Field(ge=0)
    limit: int = Field(default=500, ge=1, le=1000)


class FramePage(Contract):
    """The answer to FramesAfter. `last` is the newest number given out; `oldest` the first still kept."""

    frames: tuple[Frame, ...]
    last: int
    oldest: int
    more: bool = False
