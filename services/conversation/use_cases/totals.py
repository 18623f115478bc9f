"""How many rows a list has."""

from collections.abc import Sized

from services.conversation.use_cases.ports import Conversations, ListFilter, Window

#: Totals are counted up to here: a list that is longer says so many.
MOST_COUNTED = 10_001


async def total_of(
    conversations: Conversations, account_id: str, wanted: ListFilter, window: Window, rows: Sized
) -> int:
    """The total of the list that these rows are a part of. Where they show its end, nothing is counted."""
    found = len(rows)
    ends_here = found < window.size and (found or not window.skip)
    if window.after is None and ends_here:
        return window.skip + found
    return await conversations.count(account_id, wanted, MOST_COUNTED)
