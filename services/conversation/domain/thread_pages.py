"""Pages of a thread in which messages of several conversations stand: its own, and those merged into it."""

from collections.abc import Mapping, Sequence

from libs.contracts.conversation import MessageView


def newest_of(parts: Sequence[Sequence[MessageView]], limit: int) -> tuple[MessageView, ...]:
    """At most `limit` of the newest messages, the oldest first, by the time they were written. Each part is
    one conversation's, in its own order, which is kept whatever the clocks said.
    """
    left = [list(part) for part in parts]
    found: list[MessageView] = []
    while len(found) < limit and any(left):
        part = max((one for one in left if one), key=lambda one: one[-1].created_at)
        found.append(part.pop())
    return tuple(reversed(found))


def bounds_behind(
    ids: Sequence[str], shown: Sequence[MessageView], before: Mapping[str, int]
) -> dict[str, int]:
    """For each conversation the sequence before which the next page begins; none where it is not begun."""
    bounds = {one: before[one] for one in ids if one in before}
    for message in reversed(shown):
        bounds[message.conversation_id] = message.sequence
    return bounds
