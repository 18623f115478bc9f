"""Chatwoot's messages, and what its conversations tell about ours."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from libs.contracts.conversation import Attachment
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.vocabulary import MessageKind, ReceiptKind
from services.gateway.domain.chatwoot_conversations import Place, status_of
from services.gateway.domain.inbound import Author, ConsoleReply, Inbound, Receipt
from services.gateway.domain.json_fields import (
    MOST_TEXT,
    JsonObject,
    UnreadableError,
    choice_in,
    clean,
    fitting,
    instant_of,
    moment_of,
    object_in,
    optional_id,
    optional_list,
    optional_object,
    optional_text,
    optional_word,
    word_in,
)

#: What delivery puts beside a message's content, with our id of it.
OUR_ID = "parley_message_id"
#: Chatwoot takes 15 files a message.
_MOST_FILES = 32
_MOST_NAME = 512

_KINDS: Mapping[str, MessageKind] = {
    "image": MessageKind.IMAGE,
    "audio": MessageKind.AUDIO,
    "video": MessageKind.VIDEO,
    "file": MessageKind.DOCUMENT,
    "story_mention": MessageKind.IMAGE,
    "ig_reel": MessageKind.VIDEO,
}
_CONTENT_TYPES = {"incoming_email": MessageKind.EMAIL, "sticker": MessageKind.STICKER}
_STATES = {
    "delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.READ,
    "failed": ReceiptKind.FAILED,
}


def read_created(body: JsonObject, place: Place, connection: ConnectionSecrets) -> Inbound:
    """What a contact wrote. Raises UnreadableError."""
    message_id = word_in(body, "id")
    kind, text, files = _content(body)
    attributes = _attributes(body)
    channel_id = optional_word(body, "source_id")
    return Inbound(
        session_id=place.session_id,
        target=place.target,
        delivery_id=f"message_created:{message_id}",
        external_id=message_id,
        other_ids=(channel_id,) if channel_id else (),
        # An agent may have begun it: then its conversation has another name.
        references=(place.session_id,),
        author=_author(body, place),
        kind=kind,
        content=text,
        attachments=files,
        reply_to=optional_word(attributes, "in_reply_to"),
        expects_answer=_is_the_bots(object_in(body, "conversation"), connection),
        sent_at=_time(body.get("created_at")),
    )


def read_changed(body: JsonObject, place: Place, *, incoming: bool) -> Inbound | None:
    """A message that was deleted or changed by its contact, or a form of ours that was filled in; None for
    every other change. Raises UnreadableError.
    """
    message_id = word_in(body, "id")
    attributes = _attributes(body)
    values = [one for one in optional_list(attributes, "submitted_values")[:64] if type(one) is dict]
    if incoming and attributes.get("deleted") is True:
        kind, text, mark = MessageKind.DELETE, "", "deleted"
    elif incoming:
        kind, text = MessageKind.EDIT, _said(body)
        mark = f"edit:{_digest(text)}"
    elif values:
        chosen = choice_in(body, "content_type") == "input_select"
        kind = MessageKind.BUTTON if chosen else MessageKind.FORM
        text = "\n".join(_value(one) for one in values)[:MOST_TEXT]
        mark = f"submitted:{_digest(text)}"
    else:
        return None
    return Inbound(
        session_id=place.session_id,
        target=place.target,
        delivery_id=fitting(f"message_updated:{message_id}:{mark}"),
        external_id=fitting(f"{message_id}:{mark}"),
        author=_author(body, place),
        kind=kind,
        content=text,
        references=(place.session_id,),
        reply_to=message_id,
        expects_answer=kind in {MessageKind.BUTTON, MessageKind.FORM}
        and status_of(object_in(body, "conversation")) in {"pending", ""},
        payload=optional_text(values[0], "value", 1024) if values else None,
    )


def read_console_reply(body: JsonObject, place: Place) -> ConsoleReply:
    """What a person wrote to the contact in Chatwoot. Raises UnreadableError."""
    message_id = word_in(body, "id")
    kind, text, files = _content(body)
    writer = object_in(body, "sender")
    return ConsoleReply(
        session_id=place.session_id,
        target=place.target,
        delivery_id=f"message_created:{message_id}",
        external_id=message_id,
        writer=Author(
            alias=fitting(f"{place.account}:user:{optional_word(writer, 'id') or ''}"),
            name=optional_text(writer, "name", _MOST_NAME) or "",
        ),
        contact=_author(body, place),
        kind=kind,
        content=text,
        attachments=files,
        reply_to=optional_word(_attributes(body), "in_reply_to"),
    )


def read_echo(body: JsonObject) -> Receipt | None:
    """That a message of ours is there, where it is one: every message that comes over the API is told back.
    It carries our id, whoever's token it came with; somebody whose answer was lost learns by it that it was
    taken.
    """
    ours = optional_text(_attributes(body), OUR_ID, 256)
    if ours is None:
        return None
    message_id = word_in(body, "id")
    return Receipt(
        external_id=message_id,
        kind=ReceiptKind.SENT,
        delivery_id=f"{message_id}:sent",
        at=_time(body.get("created_at")),
        reference=ours,
    )


def read_receipt(body: JsonObject) -> Receipt | None:
    """How far a message of ours got: Chatwoot tells it of the newest message of the conversation alone."""
    message_id = word_in(body, "id")
    conversation = object_in(body, "conversation")
    for message in optional_list(conversation, "messages")[:1]:
        if type(message) is not dict or optional_word(message, "id") != message_id:
            continue
        kind = _STATES.get(choice_in(message, "status"))
        if kind is None:
            return None
        failed = kind is ReceiptKind.FAILED
        return Receipt(
            external_id=message_id,
            kind=kind,
            delivery_id=f"{message_id}:{kind}",
            at=moment_of(message.get("updated_at")),
            reference=optional_text(_attributes(body), OUR_ID, 256),
            error="chatwoot_failed" if failed else None,
            detail=optional_text(_attributes(body), "external_error", 1024) if failed else None,
        )
    return None


def by_person(body: JsonObject) -> bool:
    """Whether a person of the other side's team wrote it, not a bot."""
    sender = optional_object(body, "sender")
    return sender is not None and choice_in(sender, "type") == "user"


def _is_the_bots(conversation: JsonObject, connection: ConnectionSecrets) -> bool:
    """Whether the bot has the conversation there: while it is pending. Where no agent bot is connected every
    conversation is open; the setting `answer_open` says that the bot answers those that nobody is assigned.
    """
    if optional_object(optional_object(conversation, "meta") or {}, "assignee") is not None:
        return status_of(conversation) == "pending"
    open_counts = connection.settings.get("answer_open") is True
    return status_of(conversation) in ({"pending", "open"} if open_counts else {"pending"})


def _author(body: JsonObject, place: Place) -> Author:
    """The contact; of a form that was filled in, who is meant is the conversation's contact."""
    sender = optional_object(body, "sender") or {}
    conversation = object_in(body, "conversation")
    if choice_in(body, "message_type") != "incoming" or not optional_word(sender, "id"):
        sender = optional_object(optional_object(conversation, "meta") or {}, "sender") or {}
    inbox = optional_object(conversation, "contact_inbox") or {}
    contact = optional_word(sender, "id") or optional_word(inbox, "contact_id")
    if contact is None:
        # The newest form of what we know: somebody in this conversation.
        contact = f"conversation-{place.conversation}"
    email, phone = optional_text(sender, "email", 320), optional_text(sender, "phone_number", 64)
    email = email.lower() if email else None
    return Author(
        alias=fitting(f"{place.account}:{contact}"),
        name=optional_text(sender, "name", _MOST_NAME) or "",
        # Whom an agent wrote to first is known by the address that was written to.
        aliases=tuple(fitting(one) for one in (email, phone) if one),
        phone=phone,
        email=email,
    )


def _attributes(body: JsonObject) -> JsonObject:
    return optional_object(body, "content_attributes") or {}


def _content(body: JsonObject) -> tuple[MessageKind, str, tuple[Attachment, ...]]:
    text = _said(body)
    items = [one for one in optional_list(body, "attachments")[:_MOST_FILES] if type(one) is dict]
    if _attributes(body).get("is_unsupported") is True:
        return MessageKind.UNSUPPORTED, text or "[unsupported]", ()
    for item in items:
        if choice_in(item, "file_type") == "location":
            return MessageKind.LOCATION, _location(item, text), ()
        if choice_in(item, "file_type") == "contact":
            return MessageKind.CONTACT, _contact(item, text), ()
    files = tuple(file for item in items if (file := _file(item)) is not None)
    kind = _CONTENT_TYPES.get(choice_in(body, "content_type"))
    if kind is None:
        kind = files[0].kind if files else MessageKind.TEXT
    if not files and not text:
        named = choice_in(items[0], "file_type")[:64] if items else ""
        return MessageKind.UNSUPPORTED, f"[{clean(named)}]" if named else "[unsupported]", ()
    return kind, text, files


def _said(body: JsonObject) -> str:
    content = body.get("content")
    if content is None:
        return ""
    if type(content) is not str:
        raise UnreadableError("content is not text")
    # 150,000 characters are Chatwoot's own bound; what is past ours is cut, and the rest is there to read.
    return clean(content)[:MOST_TEXT]


def _file(item: JsonObject) -> Attachment | None:
    address = optional_text(item, "data_url", 2048)
    if address is None:
        return None
    kind = _KINDS.get(choice_in(item, "file_type"), MessageKind.DOCUMENT)
    size = optional_id(item, "file_size")
    name = address.partition("?")[0].rpartition("/")[2]
    return Attachment(
        kind=kind,
        reference=address,
        filename=name[:_MOST_NAME] or None,
        size=size if size is not None and 0 <= size < 2**53 else None,
    )


def _location(item: JsonObject, text: str) -> str:
    numbers = [item.get(key) for key in ("coordinates_lat", "coordinates_long")]
    where = ",".join(f"{one}"[:32] for one in numbers if type(one) in (int, float))
    said = [text, optional_text(item, "fallback_title", _MOST_NAME), where]
    return "\n".join(part for part in said if part)[:MOST_TEXT]


def _contact(item: JsonObject, text: str) -> str:
    return (text or optional_text(item, "fallback_title", _MOST_NAME) or "[contact]")[:MOST_TEXT]


def _value(value: JsonObject) -> str:
    """One field of a form: what it is called there, and what was put in; of a choice its title alone."""
    title = optional_text(value, "title", 1024)
    if title:
        return title
    name, given = optional_text(value, "name", 1024), value.get("value")
    shown = clean(f"{given}"[:4096]) if type(given) in (str, int, float, bool) else ""
    return f"{name}: {shown}" if name else shown


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _time(value: Any) -> datetime | None:
    """ISO 8601 in webhooks, Unix seconds in what they nest."""
    return instant_of(value) if type(value) is str else moment_of(value)
