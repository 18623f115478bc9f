"""When Telegram tries an update again, and when it gives up. Times are Telegram's own, without speed-up."""

import random
from dataclasses import dataclass, field

MAX_RETRY_AFTER_S = 3_600
CAP_RANGE_S = (60.0, 120.0)
WEBHOOK_DROPPED_AFTER_S = 23 * 3_600.0
"""After so long with nothing but 410 the webhook is removed."""

DAY_S = 86_400.0
_LIFETIMES_S = {"callback_query": 150.0, "inline_query": 30.0}
_CHAT_QUEUE_KINDS = frozenset({"message", "edited_message", "channel_post", "edited_channel_post"})
_MEMBER_KINDS = frozenset({"my_chat_member", "chat_member", "chat_join_request"})
_REACTION_KINDS = frozenset({"message_reaction", "message_reaction_count"})


def lifetime_s(kind: str, age_s: float = 0.0) -> float:
    """Return how long an update of this kind may still be delivered, given the age of what it reports."""
    return max(0.0, _LIFETIMES_S.get(kind, DAY_S) - age_s)


def queue_of(kind: str, chat_id: int | None, user_id: int | None) -> str | None:
    """Return the queue an update waits in; None: it waits for no other.

    What a chat says is one queue; callback queries queue per person, membership and reactions per chat.
    """
    if kind in _CHAT_QUEUE_KINDS and chat_id is not None:
        return f"chat:{chat_id}"
    if kind == "callback_query" and user_id is not None:
        return f"callback:{user_id}"
    if kind in _MEMBER_KINDS and chat_id is not None:
        return f"member:{chat_id}"
    if kind in _REACTION_KINDS and chat_id is not None:
        return f"reaction:{chat_id}"
    return None


def parse_retry_after(header: str | None) -> int:
    """Read a ``Retry-After`` header in seconds; 0 when absent or not a number, at most an hour."""
    if header is None or not header.strip().isdecimal():
        return 0
    return min(int(header), MAX_RETRY_AFTER_S)


@dataclass(slots=True)
class Backoff:
    """The pauses of one update: none after the first failure, then 2, 4, 8 … s up to a random cap."""

    chance: random.Random = field(default_factory=random.Random)
    _failures: int = 0
    _delay_s: float = 1.0

    def after_failure(self, retry_after_s: int = 0) -> float:
        """Count a failed attempt and return the pause before the next one, in seconds."""
        pause = float(retry_after_s)
        if retry_after_s == 0 and self._failures > 0:
            pause = self._delay_s = min(self._delay_s * 2, self.chance.uniform(*CAP_RANGE_S))
        self._failures += 1
        return pause
