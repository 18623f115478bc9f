"""Reading Telegram's JSON without trusting a single type in it."""

from typing import Any

JsonObject = dict[str, Any]

#: Telegram's ids have up to 52 significant bits; 64-bit integers hold them all.
_LARGEST_ID = 2**63


class UnreadableUpdateError(ValueError):
    """An update that is JSON but not Telegram's. The text names the field, never its content."""


def object_in(parent: JsonObject, key: str) -> JsonObject:
    """A field that must be an object."""
    value = parent.get(key)
    if type(value) is not dict:
        raise UnreadableUpdateError(f"{key} is not an object")
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
        raise UnreadableUpdateError(f"{key} is not an id")
    return value


def optional_id(parent: JsonObject, key: str) -> int | None:
    """An id, or None."""
    value = parent.get(key)
    return value if type(value) is int and -_LARGEST_ID <= value < _LARGEST_ID else None


def text_in(parent: JsonObject, key: str, most: int) -> str:
    """A field that must be text of at most `most` characters."""
    value = parent.get(key)
    if type(value) is not str:
        raise UnreadableUpdateError(f"{key} is not text")
    if len(value) > most:
        raise UnreadableUpdateError(f"{key} is too long")
    return clean(value)


def optional_text(parent: JsonObject, key: str, most: int) -> str | None:
    """Text cut to `most` characters, or None when there is none."""
    value = parent.get(key)
    return clean(value[:most]) if type(value) is str and value else None


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
