"""How text is found again: by its words, whatever their case and accents."""

import re
import unicodedata
from dataclasses import dataclass

#: Words of one text that are kept: more are not found.
MOST_WORDS = 400
#: Characters of a text that are looked at, and of a word.
MOST_TEXT = 65_536
LONGEST_WORD = 40
#: Words of one search.
MOST_WANTED = 8
#: Characters that the last word of a search has before it also finds words that begin with it.
SHORTEST_PREFIX = 2

_WORD = re.compile(r"\w+")
#: Scripts that write without spaces, of which pairs of characters are kept instead of words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Wanted:
    """What a search looks for: all these words, and one that begins with `prefix` where there is one."""

    words: tuple[str, ...]
    prefix: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is no word in it at all."""
        return not self.words and self.prefix is None


def words_of(text: str) -> tuple[str, ...]:
    """The different words of a text, folded, in the order they first come; at most MOST_WORDS."""
    words: dict[str, None] = {}
    for run in _WORD.findall(_folded(text[:MOST_TEXT])):
        for word in _parts(run):
            words[word] = None
            if len(words) == MOST_WORDS:
                return tuple(words)
    return tuple(words)


def wanted_words(search: str) -> Wanted:
    """What somebody types: whole words, and the last one possibly not typed to its end."""
    words = words_of(search)[:MOST_WANTED]
    open_end = bool(words) and search[-1:].isalnum() and _folded(search).endswith(words[-1])
    if open_end and len(words[-1]) >= SHORTEST_PREFIX:
        return Wanted(words[:-1], words[-1])
    return Wanted(words)


def _folded(text: str) -> str:
    """Without case and accents, and one form of what can be written in several (NFKD)."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def _parts(run: str) -> list[str]:
    """The words of an unbroken run of letters: itself, and pairs of what is written without spaces."""
    parts = [word[:LONGEST_WORD] for word in _UNSPACED.split(run) if word]
    for unspaced in _UNSPACED.findall(run):
        parts += [unspaced[at : at + 2] for at in range(max(1, len(unspaced) - 1))]
    return parts
