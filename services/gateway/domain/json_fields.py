"""Reading a platform's JSON without trusting a single type in it."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from libs.contracts.errors import DomainError, ErrorCode

JsonObject = dict[str, Any]

#: Platforms' numbers: Telegram's have up to 52 significant bits, the others' are database ids.
_LARGEST_ID = 2**63
#: Characters of an id in the contracts.
_MOST_ID = 256
#: The contracts' limit for a text.
MOST_TEXT = 65_536


class UnreadableError(ValueError):
    """A body that is JSON but not the platform's. The text names the field, never its content."""


def parsed(body: bytes) -> JsonObject:
    """The JSON object in a body. Raises DomainError `unreadable` for what is none, UnreadableError for what
    is JSON beyond what can be parsed.
    """
    try:
        found = json.loads(body.decode())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _not_json() from error
    except (RecursionError, ValueError) as error:
        # JSON all the same: nested deeper, or with longer numbers, than Python reads.
        raise UnreadableError("beyond what can be parsed") from error
    if type(found) is not dict:
        raise _not_json()
    return found


def _not_json() -> DomainError:
    return DomainError(ErrorCode.UNREADABLE, "The body is not a JSON object.")


def object_in(parent: JsonObject, key: str) -> JsonObject:
    """A field that must be an object."""
    value = parent.get(key)
    if type(value) is not dict:
        raise UnreadableError(f"{key} is not an object")
    return value


def optional_object(parent: JsonObject, key: str) -> JsonObject | None:
    """A field that may be missing; one that is no object counts as missing, so that the rest is not lost."""
    value = parent.get(key)
    return value if type(value) is dict else None


def optional_list(parent: JsonObject, key: str) -> list[Any]:
    """A list, empty when it is missing or something else."""
    value = parent.get(key)
    return value if type(value) is list else []


def id_in(parent: JsonObject, key: str) -> int:
    """A field that must be an id. JSON's true is an int to Python, but no id."""
    value = optional_id(parent, key)
    if value is None:
        raise UnreadableError(f"{key} is not an id")
    return value


def optional_id(parent: JsonObject, key: str) -> int | None:
    """An id, or None."""
    value = parent.get(key)
    return value if type(value) is int and -_LARGEST_ID <= value < _LARGEST_ID else None


def text_in(parent: JsonObject, key: str, most: int) -> str:
    """A field that must be text of at most `most` characters."""
    value = parent.get(key)
    if type(value) is not str:
        raise UnreadableError(f"{key} is not text")
    if len(value) > most:
        raise UnreadableError(f"{key} is too long")
    return clean(value)


def optional_text(parent: JsonObject, key: str, most: int) -> str | None:
    """Text cut to `most` characters, or None when there is none."""
    value = parent.get(key)
    return clean(value[:most]) if type(value) is str and value else None


def word_in(parent: JsonObject, key: str) -> str:
    """A field that must be a platform's id as text. Longer than an id may be, it keeps its beginning and
    gets a digest: still the same for the same, and another for another.
    """
    word = optional_word(parent, key)
    if word is None:
        raise UnreadableError(f"{key} is not an id")
    return word


def optional_word(parent: JsonObject, key: str) -> str | None:
    """The same, or None. Platforms send ids as numbers, too."""
    value = parent.get(key)
    if type(value) is int and -_LARGEST_ID <= value < _LARGEST_ID:
        return str(value)
    return fitting(clean(value)) or None if type(value) is str else None


def choice_in(parent: JsonObject, key: str) -> str:
    """A word out of a closed list, as it stands; "" for whatever is no text."""
    value = parent.get(key)
    return value if type(value) is str else ""


def fitting(word: str) -> str:
    """The word within the length of an id."""
    if len(word) <= _MOST_ID:
        return word
    return f"{word[: _MOST_ID - 65]}#{sha256(word.encode()).hexdigest()}"


def moment_of(seconds: Any) -> datetime | None:
    """An instant given in Unix seconds, as number or text; None for what is none."""
    if type(seconds) not in (int, float, str):
        return None
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def instant_of(text: Any) -> datetime | None:
    """An instant in ISO 8601 with its zone; None for what is none. Python reads six fractional digits of
    however many there are.
    """
    if type(text) is not str or len(text) > 64:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


def clean(text: str) -> str:
    """The text without NUL, which some stores refuse, and with lone surrogates, which no encoding takes,
    replaced. Everything else stays as it was written.
    """
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
