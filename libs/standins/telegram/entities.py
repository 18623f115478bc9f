"""Text entities: offsets and lengths in UTF-16 code units, as Telegram counts them."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

Entity = dict[str, Any]


class MarkupError(Exception):
    """The markup cannot be parsed; the text is what Telegram puts after ``can't parse entities:``."""


def utf16_length(text: str) -> int:
    """Count UTF-16 code units: two for characters beyond U+FFFF."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def byte_offset(text: str, position: int) -> int:
    """Convert a position in ``text`` to the byte offset that error texts name."""
    return len(text[:position].encode("utf-8", "surrogatepass"))


class MarkedText:
    """Plain text under construction, with the entities closed so far."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.offset = 0
        self.entities: list[Entity] = []

    def append(self, piece: str) -> None:
        """Add plain text."""
        self._pieces.append(piece)
        self.offset += utf16_length(piece)

    @property
    def piece_count(self) -> int:
        """A position to read back from with :meth:`since`."""
        return len(self._pieces)

    def since(self, piece_count: int) -> str:
        """Return the plain text added after that position."""
        return "".join(self._pieces[piece_count:])

    def close(self, entity: Entity | None, offset: int) -> None:
        """Add an entity that began at ``offset`` and ends here; empty ones are dropped, as Telegram does."""
        if entity is not None and self.offset > offset:
            self.entities.append({"offset": offset, "length": self.offset - offset, **entity})

    def finish(self) -> tuple[str, list[Entity]]:
        """Return text and entities in Telegram's order: by offset, the longer first."""
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self._pieces), self.entities


def link_entity(url: str) -> Entity | None:
    """Return the entity of a link: a mention of a user, a text link, or none when it is no address."""
    parts = urlsplit(url)
    if parts.scheme == "tg" and parts.netloc == "user":
        user_id = parse_qs(parts.query).get("id", [""])[0]
        return {"type": "text_mention", "user": {"id": int(user_id)}} if user_id.isdecimal() else None
    if parts.scheme in {"http", "https", "tg", "ton", "mailto", "tel"}:
        return {"type": "text_link", "url": url}
    if not parts.scheme and "." in url and " " not in url:
        return {"type": "text_link", "url": f"http://{url}"}
    return None


def custom_emoji_entity(emoji_id: str) -> Entity:
    """Return the entity of a custom emoji. Raises MarkupError for an id that is none."""
    if not emoji_id.isdecimal() or int(emoji_id) == 0:
        raise MarkupError("Invalid custom emoji identifier specified")
    return {"type": "custom_emoji", "custom_emoji_id": emoji_id}
