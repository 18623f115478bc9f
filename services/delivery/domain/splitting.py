"""Cuts a long text into parts that a channel takes, always in the same places."""

from services.delivery.domain.graphemes import may_cut

#: Where people expect a cut, the best first.
_BREAKS = ("\n\n", "\n", " ")


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, as platforms count."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` code units, cut at a paragraph, a line or a space, otherwise between visible
    characters. White space at a cut goes; blank parts go; a blank text has none.
    """
    parts = []
    rest = text.strip()
    while rest:
        window = _fitting(rest, limit)
        if window == len(rest):
            parts.append(rest)
            break
        at = _cut(rest, window)
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return parts


def _fitting(text: str, limit: int) -> int:
    """How many code points from the start fit."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return max(index, 1)
    return len(text)


def _cut(text: str, window: int) -> int:
    """The index to cut at, within the first `window` code points (a break may stand right behind them)."""
    found = [text.rfind(mark, 0, window + len(mark)) for mark in _BREAKS]
    # A break in the first half would waste the part; the next kind of break is better there.
    late = next((at for at in found if at > window // 2), max(found))
    if late > 0:
        return late
    at = window
    while at > 0 and not may_cut(text, at):
        at -= 1
    return at or window  # one "character" longer than a part: cut it anyway
