"""Personal data becomes placeholders before any model, embedding or log sees a text, and comes back after."""

import re
from collections.abc import Iterable
from typing import Any, Final

from phonenumbers import Leniency, PhoneNumberMatcher

_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b", re.IGNORECASE)
_CARD: Final = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
# Where numbers are written without a country's code; what is valid in none of them is no phone number.
_REGIONS: Final = (None, "GB", "US", "DE", "ES", "FR", "PT", "BR")
_LEAST_PHONE: Final = 7
_LEAST_NAME: Final = 3
_MOST_TRIES: Final = 20  # of a region; each is a number that turns out to be none
_PLACEHOLDER: Final = re.compile(r"\[(?:EMAIL|IBAN|CARD|PHONE|NAME)_\d+\]")


class Placeholders:
    """The placeholders of one prompt: `[EMAIL_1]` and the like. The same value has the same placeholder.

    ``names`` are what the contact is known to be called; its parts count where they are written alike.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_value: dict[str, str] = {}
        self._by_placeholder: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._names = _names(names)

    def hide(self, text: str) -> str:
        """The text with placeholders."""
        text = _EMAIL.sub(lambda found: self._placeholder("EMAIL", found.group()), text)
        text = _IBAN.sub(lambda found: self._if(_is_iban(found.group()), "IBAN", found.group()), text)
        text = _CARD.sub(lambda found: self._if(_is_card(found.group()), "CARD", found.group()), text)
        text = self._hide_phones(text)
        if self._names is not None:
            text = self._names.sub(lambda found: self._placeholder("NAME", found.group()), text)
        return text

    def hide_in(self, data: Any) -> Any:
        """The same for every text of a JSON value."""
        if isinstance(data, str):
            return self.hide(data)
        if isinstance(data, list):
            return [self.hide_in(one) for one in data]
        if isinstance(data, dict):
            return {name: self.hide_in(value) for name, value in data.items()}
        return data

    def show(self, text: str) -> str:
        """The text with the values back in their places; a placeholder that we did not make stays."""
        return _PLACEHOLDER.sub(lambda found: self._by_placeholder.get(found.group(), found.group()), text)

    def _hide_phones(self, text: str) -> str:
        if sum(character.isdigit() for character in text) < _LEAST_PHONE:
            return text
        for region in _REGIONS:
            pieces, at = [], 0
            for match in PhoneNumberMatcher(text, region, Leniency.VALID, _MOST_TRIES):
                pieces += [text[at : match.start], self._placeholder("PHONE", match.raw_string)]
                at = match.end
            text = "".join((*pieces, text[at:]))
        return text

    def _if(self, holds: bool, kind: str, value: str) -> str:
        return self._placeholder(kind, value) if holds else value

    def _placeholder(self, kind: str, value: str) -> str:
        known = self._by_value.get(value)
        if known is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self._by_value[value] = f"[{kind}_{number}]"
            self._by_placeholder[known] = value
        return known


def _names(names: Iterable[str]) -> re.Pattern[str] | None:
    found: list[str] = []
    for name in names:
        whole = " ".join(name.split())
        parts = [part for part in whole.split() if len(part) >= _LEAST_NAME and part[0].isupper()]
        # A whole name is one however it is written; a part of one may be a word ("Will").
        found += [f"(?i:{re.escape(whole)})"] if " " in whole else []
        found += [re.escape(part) for part in parts]
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)") if found else None


def _is_iban(text: str) -> bool:
    compact = re.sub(r"[ -]", "", text).upper()
    moved = compact[4:] + compact[:4]
    return len(compact) >= 15 and int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's sum."""
    digits = [int(one) for one in re.sub(r"\D", "", text)][::-1]
    doubled = (2 * one - 9 if one > 4 else 2 * one for one in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
