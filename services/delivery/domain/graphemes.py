"""Where a text may be cut without taking a visible character apart.

The rules of Unicode Standard Annex #29 that matter for what people write, with the standard library's
tables: combining marks, joined and modified emoji, flags, Hangul syllables, CR LF.
"""

import unicodedata

_JOINER = "\u200d"
_ZERO_WIDTH = frozenset({"\u200c", _JOINER})
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_MARKS = frozenset({"Mn", "Me", "Mc"})

# Hangul: leading consonants, vowels, trailing consonants, and whole syllables (Unicode 15, block tables).
_LEADING = range(0x1100, 0x1160)
_VOWELS = range(0x1160, 0x11A8)
_TRAILING = range(0x11A8, 0x1200)
_SYLLABLES = range(0xAC00, 0xD7A4)
_TRAILINGS_A_VOWEL = 28


def may_cut(text: str, at: int) -> bool:
    """Whether a visible character begins at index `at`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after.isascii() and before.isascii():
        return not (before == "\r" and after == "\n")
    if before == _JOINER or _extends(after):
        return False
    if ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS:
        return _flag_letters_before(text, at) % 2 == 0
    return not _same_syllable(ord(before), ord(after))


def _extends(character: str) -> bool:
    code = ord(character)
    return (
        character in _ZERO_WIDTH
        or code in _SKIN_TONES
        or code in _TAGS
        or unicodedata.category(character) in _MARKS
    )


def _flag_letters_before(text: str, at: int) -> int:
    count = 0
    while at - count > 0 and ord(text[at - count - 1]) in _FLAG_LETTERS:
        count += 1
    return count


def _same_syllable(before: int, after: int) -> bool:
    if before in _LEADING:
        return after in _LEADING or after in _VOWELS or after in _SYLLABLES
    open_syllable = before in _SYLLABLES and (before - _SYLLABLES.start) % _TRAILINGS_A_VOWEL == 0
    if before in _VOWELS or open_syllable:
        return after in _VOWELS or after in _TRAILING
    return (before in _SYLLABLES or before in _TRAILING) and after in _TRAILING
