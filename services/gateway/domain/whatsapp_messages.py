"""WhatsApp's messages: who wrote, in which thread, and what. A user id stands where there is no number."""

from dataclasses import dataclass

from services.gateway.domain.inbound import Author, Inbound, Moved
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    fitting,
    moment_of,
    optional_object,
    optional_text,
    optional_word,
    word_in,
)
from services.gateway.domain.whatsapp_content import content_of

#: System messages after which a person has another number or user id.
_MOVES = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


@dataclass(frozen=True, slots=True)
class Number:
    """One of our numbers, and whom the post says to know there."""

    id: str | None
    display: str | None
    contacts: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message, and whether its type is one that we know."""

    inbound: Inbound
    known: bool


def read_message(raw: JsonObject, number: Number) -> Message | None:
    """One message; None for what nobody wrote. Raises UnreadableError."""
    message_id = word_in(raw, "id")
    content = content_of(raw)
    if content is None:
        return None
    author = _author(raw, number)
    group = optional_word(raw, "group_id")
    context = optional_object(raw, "context") or {}
    target = group or author.alias
    return Message(
        Inbound(
            session_id=fitting(f"wa:{target}"),
            target=target,
            delivery_id=message_id,
            external_id=message_id,
            author=author,
            kind=content.kind,
            content=content.text,
            attachments=content.attachments,
            reply_to=content.about or optional_word(context, "id"),
            # Its own name, too: a thread that moved keeps the conversation of its old one.
            references=() if group else tuple(fitting(f"wa:{key}") for key in (target, *author.aliases)),
            expects_answer=content.asks and (not group or _is_ours(context, number)),
            number=number.id,
            payload=content.payload,
            forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
            sent_at=moment_of(raw.get("timestamp")),
        ),
        known=content.known,
    )


def read_moved(raw: JsonObject, number: Number) -> Moved | None:
    """The new number or user id of a person, where a message tells of one. Raises UnreadableError."""
    system = optional_object(raw, "system")
    if system is None or raw.get("type") != "system" or choice_in(system, "type") not in _MOVES:
        return None
    before = optional_word(raw, "from") or optional_word(raw, "from_user_id")
    after = optional_word(system, "wa_id") or optional_word(system, "user_id")
    if before is None or after is None:
        raise UnreadableError("a change of number names no number")
    return Moved(
        session_id=fitting(f"wa:{before}"),
        to_session_id=fitting(f"wa:{after}"),
        to_target=after,
        delivery_id=word_in(raw, "id"),
        alias=before,
        to_alias=after,
        number=number.id,
    )


def _author(raw: JsonObject, number: Number) -> Author:
    sender = optional_word(raw, "from")
    user = optional_word(raw, "from_user_id")
    if sender is None and user is None:
        raise UnreadableError("a message names nobody who wrote it")
    contact = _contact(number, sender, user)
    user = user or (optional_word(contact, "user_id") if contact else None)
    parent = optional_word(raw, "from_parent_user_id") or (
        optional_word(contact, "parent_user_id") if contact else None
    )
    ids = [word for word in (sender, user, parent) if word]
    return Author(
        alias=ids[0],
        name=_name(contact),
        aliases=tuple(dict.fromkeys(word for word in ids[1:] if word != ids[0])),
        phone=f"+{sender}" if sender and sender.isascii() and sender.isdigit() else None,
    )


def _contact(number: Number, sender: str | None, user: str | None) -> JsonObject | None:
    """By id, never by place: contacts of a post come in any order."""
    for contact in number.contacts:
        if sender is not None and optional_word(contact, "wa_id") == sender:
            return contact
        if user is not None and optional_word(contact, "user_id") == user:
            return contact
    return None


def _name(contact: JsonObject | None) -> str:
    profile = optional_object(contact, "profile") if contact else None
    if profile is None:
        return ""
    return optional_text(profile, "name", 512) or optional_text(profile, "username", 512) or ""


def _is_ours(context: JsonObject, number: Number) -> bool:
    """Whether what it answers is ours: in a group, that addresses us."""
    if "id" not in context:
        return False
    written_by = optional_word(context, "from")
    ours = "".join(filter(str.isdigit, number.display or ""))
    return written_by is not None and written_by.lstrip("+") == ours
