"""What a WhatsApp message holds, as one of the neutral kinds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.json_fields import (
    MOST_TEXT,
    JsonObject,
    UnreadableError,
    choice_in,
    clean,
    object_in,
    optional_id,
    optional_list,
    optional_object,
    optional_text,
    optional_word,
    text_in,
    word_in,
)

_MOST_NAME = 512
_LARGEST_SIZE = 2**53
#: People, or products, of one message that are written out.
_MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Content:
    """A message's kind and what it says. `about` is the message that it changes or reacts to, `payload` what
    a button stands for. `asks`: it may want an answer. `known`: its type is one that we know.
    """

    kind: MessageKind
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    about: str | None = None
    payload: str | None = None
    asks: bool = True
    known: bool = True


def content_of(message: JsonObject) -> Content | None:
    """The content of a message; None where nobody wrote anything. Raises UnreadableError."""
    kind = choice_in(message, "type")
    if kind in _NOBODY_WROTE:
        return None
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(message)
    named = optional_text(message, "type", 64)
    return Content(MessageKind.UNSUPPORTED, f"[{named}]" if named else "[unsupported]", known=False)


_NOBODY_WROTE = frozenset({"system", "request_welcome"})


def _text(message: JsonObject) -> Content:
    return Content(MessageKind.TEXT, text_in(object_in(message, "text"), "body", MOST_TEXT))


def _media(field: str, kind: MessageKind) -> Callable[[JsonObject], Content]:
    def read(message: JsonObject) -> Content:
        media = object_in(message, field)
        found = MessageKind.VOICE if field == "audio" and media.get("voice") is True else kind
        return Content(found, optional_text(media, "caption", MOST_TEXT) or "", (_attachment(media, found),))

    return read


def _attachment(media: JsonObject, kind: MessageKind) -> Attachment:
    size = optional_id(media, "file_size")
    return Attachment(
        kind=kind,
        reference=word_in(media, "id"),
        filename=optional_text(media, "filename", _MOST_NAME),
        content_type=optional_text(media, "mime_type", 256),
        size=size if size is not None and 0 <= size < _LARGEST_SIZE else None,
    )


def _location(message: JsonObject) -> Content:
    place = object_in(message, "location")
    where = ",".join(
        _coordinate(place, key, most) for key, most in (("latitude", 90.0), ("longitude", 180.0))
    )
    said = (optional_text(place, key, _MOST_NAME) for key in ("name", "address"))
    return Content(MessageKind.LOCATION, "\n".join([*(part for part in said if part), where]))


def _coordinate(place: JsonObject, key: str, most: float) -> str:
    value: Any = place.get(key)
    if type(value) not in (int, float, str) or len(f"{value}") > 32:
        raise UnreadableError(f"{key} is not a coordinate")
    try:
        number = float(value)
    except ValueError as error:
        raise UnreadableError(f"{key} is not a coordinate") from error
    if not isfinite(number) or not -most <= number <= most:
        raise UnreadableError(f"{key} is not a coordinate")
    return clean(f"{value}").strip()


def _contacts(message: JsonObject) -> Content:
    people = [one for one in optional_list(message, "contacts")[:_MOST_ITEMS] if type(one) is dict]
    if not people:
        raise UnreadableError("contacts is not a list of people")
    return Content(MessageKind.CONTACT, "\n".join(_person(one) for one in people)[:MOST_TEXT])


def _person(contact: JsonObject) -> str:
    named = optional_object(contact, "name") or {}
    name = optional_text(named, "formatted_name", _MOST_NAME) or " ".join(
        part
        for key in ("first_name", "last_name")
        if (part := optional_text(named, key, _MOST_NAME)) is not None
    )
    phones = _each(contact, "phones", ("phone", "wa_id"))
    return " ".join(part for part in [name, *phones, *_each(contact, "emails", ("email",))] if part)


def _each(contact: JsonObject, field: str, keys: Iterable[str]) -> list[str]:
    found: list[str] = []
    for item in optional_list(contact, field)[:_MOST_ITEMS]:
        if type(item) is dict:
            found.extend(
                [text for key in keys if (text := optional_text(item, key, _MOST_NAME)) is not None][:1]
            )
    return found


def _interactive(message: JsonObject) -> Content:
    interactive = optional_object(message, "interactive")
    if interactive is None:
        return _unsupported(message)  # left out where the platform reports an error instead
    answer = choice_in(interactive, "type")
    if answer in {"button_reply", "list_reply"}:
        chosen = object_in(interactive, answer)
        return _button(optional_text(chosen, "title", MOST_TEXT), optional_text(chosen, "id", 1024))
    if answer == "nfm_reply":
        form = object_in(interactive, "nfm_reply")
        said = (optional_text(form, key, MOST_TEXT // 2 - 1) for key in ("body", "response_json"))
        return Content(
            MessageKind.FORM,
            "\n".join(part for part in said if part),
            payload=optional_text(form, "response_json", MOST_TEXT),
        )
    known = answer == "call_permission_reply"
    return Content(MessageKind.UNSUPPORTED, f"[{optional_text(interactive, 'type', 64)}]", known=known)


def _template_button(message: JsonObject) -> Content:
    button = object_in(message, "button")
    return _button(optional_text(button, "text", MOST_TEXT), optional_text(button, "payload", 1024))


def _button(title: str | None, payload: str | None) -> Content:
    """What the person saw is what they said; what it stands for goes beside it."""
    if title is None and payload is None:
        raise UnreadableError("a button has neither title nor id")
    return Content(MessageKind.BUTTON, title or payload or "", payload=payload)


def _reaction(message: JsonObject) -> Content:
    reaction = object_in(message, "reaction")
    emoji = optional_text(reaction, "emoji", 64)
    kind = MessageKind.REACTION if emoji else MessageKind.REACTION_REMOVED
    return Content(kind, emoji or "", about=word_in(reaction, "message_id"), asks=False)


def _order(message: JsonObject) -> Content:
    order = object_in(message, "order")
    items = [one for one in optional_list(order, "product_items")[:_MOST_ITEMS] if type(one) is dict]
    said = [optional_text(order, "text", MOST_TEXT // 2), *(_item(one) for one in items)]
    return Content(MessageKind.ORDER, "\n".join(line for line in said if line)[:MOST_TEXT])


def _item(item: JsonObject) -> str:
    quantity = optional_word(item, "quantity") or "1"
    price = " ".join(_shown(item.get(key)) for key in ("item_price", "currency"))
    return f"{quantity} x {optional_word(item, 'product_retailer_id') or '?'} {price}".strip()


def _shown(value: Any) -> str:
    return clean(f"{value}"[:64]) if type(value) in (int, float, str) else ""


def _edit(message: JsonObject) -> Content:
    edit = object_in(message, "edit")
    inner = optional_object(edit, "message") or {}
    # An edit within an edit is not WhatsApp's; read once, so that nothing can nest without end.
    content = content_of(inner) if choice_in(inner, "type") not in {"edit", "revoke", "reaction"} else None
    return Content(
        MessageKind.EDIT,
        content.text if content else "",
        content.attachments if content else (),
        about=word_in(edit, "original_message_id"),
        asks=False,
    )


def _revoke(message: JsonObject) -> Content:
    about = word_in(object_in(message, "revoke"), "original_message_id")
    return Content(MessageKind.DELETE, about=about, asks=False)


def _unsupported(message: JsonObject) -> Content:
    named = optional_text(optional_object(message, "unsupported") or {}, "type", 64)
    return Content(MessageKind.UNSUPPORTED, f"[{named}]" if named else "[unsupported]")


_READERS: dict[str, Callable[[JsonObject], Content]] = {
    "text": _text,
    "image": _media("image", MessageKind.IMAGE),
    "video": _media("video", MessageKind.VIDEO),
    "document": _media("document", MessageKind.DOCUMENT),
    "audio": _media("audio", MessageKind.AUDIO),
    "sticker": _media("sticker", MessageKind.STICKER),
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _template_button,
    "reaction": _reaction,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
    "unsupported": _unsupported,
}
