"""What an attempt to send came to.

Sent      the platform accepted it
Retry     it surely did not take effect, or the platform itself said to try again
Refused   it never will
Unclear   nobody can tell: the answer was lost after the request had left
NotTried  nothing was sent; does not count as an attempt
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted. `moved_to` is the address that the platform gave instead of ours."""

    provider_ids: tuple[str, ...]
    moved_to: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Retry:
    """May work later; `after` is the platform's hint in seconds. `this_alone`: the platform is well, only
    this message has to wait.
    """

    code: str
    after: float | None = None
    rate_limited: bool = False
    this_alone: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Will not work as it is. `disconnects`: it is the connection that is wrong, not the message."""

    code: str
    detail: str = ""
    disconnects: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """May have taken effect, and the platform cannot be asked."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotTried:
    """Nothing left this process."""

    code: str
    after: float


Outcome = Sent | Retry | Refused | Unclear | NotTried
