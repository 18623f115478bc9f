"""When a message that could not be sent is tried again, as data."""

from datetime import timedelta

from libs.contracts.vocabulary import Channel

#: Attempts of one message, the first included.
MAX_ATTEMPTS = 3
#: Where it is another number. A mail is tried once: trying again is a person's decision.
MAX_ATTEMPTS_ON = {Channel.EMAIL: 1}
#: Seconds before the second and the third attempt.
BACKOFF = (1.0, 4.0)
#: Seconds that a platform's hint may ask for; beyond, the message would be stale.
LONGEST_HINT = 3_600.0


def pause_after(channel: Channel, attempts: int, hint: float | None) -> timedelta | None:
    """How long to wait after so many attempts; None when they are used up. A hint only lengthens."""
    if attempts >= MAX_ATTEMPTS_ON.get(channel, MAX_ATTEMPTS):
        return None
    planned = BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    return timedelta(seconds=max(planned, hinted_seconds(hint)))


def hinted_seconds(hint: float | None) -> float:
    """A platform's hint within our bound; without one, the first pause of the schedule."""
    return BACKOFF[0] if hint is None else min(max(hint, 0.0), LONGEST_HINT)
