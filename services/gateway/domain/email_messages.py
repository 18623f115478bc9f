"""One mail as Postmark posts it: who wrote, in which thread, and what they say themselves.

Source: Postmark, "Parse an email". Message-ID, In-Reply-To and References are in the headers alone;
`MessageID` is Postmark's own id of this copy, and stops duplicates.
"""

import re

from libs.contracts.conversation import Attachment
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.email_threads import conversation_of_token
from libs.contracts.files import kind_of
from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.email_headers import headers_of, is_automatic, message_ids
from services.gateway.domain.email_text import text_of_html, without_quotes
from services.gateway.domain.inbound import Author, Inbound, Reading
from services.gateway.domain.json_fields import (
    MOST_TEXT,
    JsonObject,
    UnreadableError,
    clean,
    fitting,
    optional_id,
    optional_list,
    optional_object,
    optional_text,
    word_in,
)

_ADDRESS = re.compile(r"[^\s<>@,;\"]{1,64}@[^\s<>@,;\"]{1,255}")
#: Files of one mail that a message can name.
_MOST_FILES = 64
_MOST_NAME = 512
_MOST_SUBJECT = 998
#: Characters of a thread's key; with its prefix it is an id.
_MOST_KEY = 240


def read_mail(mail: JsonObject, connection: ConnectionSecrets) -> Reading:
    """One mail. Raises UnreadableError."""
    copy = word_in(mail, "MessageID")
    headers = headers_of(mail)
    sender = _sender(mail)
    own = message_ids(headers.get("message-id"))
    answered = message_ids(headers.get("in-reply-to"))
    chain = message_ids(headers.get("references"))
    recipients = _recipients(mail)
    automatic = is_automatic(headers, sender.alias, recipients)
    files, unread = _files(mail, copy)
    message = Inbound(
        session_id=_session([*chain, *answered, *own, copy]),
        target=_answer_to(mail) or sender.alias,
        delivery_id=copy,
        external_id=copy,
        other_ids=own[:1],
        author=sender,
        kind=MessageKind.EMAIL,
        content=_text(mail),
        attachments=files,
        contents=_contents(mail, files),
        reply_to=answered[-1] if answered else (chain[-1] if chain else None),
        references=tuple(dict.fromkeys([*reversed(answered), *reversed(chain)])),
        conversation_id=_conversation(mail, connection),
        expects_answer=not automatic,
        automatic=automatic,
        subject=optional_text(mail, "Subject", _MOST_SUBJECT),
    )
    return Reading(messages=(message,), unread=unread)


def _session(ids: list[str]) -> str:
    """The thread by its root: the first message that anything here names."""
    return f"email:{fitting(ids[0])[:_MOST_KEY]}"


def _sender(mail: JsonObject) -> Author:
    full = optional_object(mail, "FromFull") or {}
    address = address_in(full.get("Email")) or address_in(mail.get("From"))
    if address is None:
        raise UnreadableError("From is no address")
    name = optional_text(full, "Name", _MOST_NAME) or optional_text(mail, "FromName", _MOST_NAME) or ""
    return Author(address, name, email=address)


def address_in(value: object) -> str | None:
    """The first address in a header, lower-cased, without the name beside it."""
    if type(value) is not str:
        return None
    text = clean(value[:2048])
    bracketed = text.rpartition("<")[2] if "<" in text else text
    found = _ADDRESS.search(bracketed) or _ADDRESS.search(text)
    return found.group().lower() if found else None


def _answer_to(mail: JsonObject) -> str | None:
    """Where the sender wants answers, if that is not where they wrote from."""
    return address_in(mail.get("ReplyTo"))


def _recipients(mail: JsonObject) -> frozenset[str]:
    found = [address_in(mail.get("OriginalRecipient"))]
    for field in ("ToFull", "CcFull"):
        found += [
            address_in(one.get("Email")) for one in optional_list(mail, field)[:100] if type(one) is dict
        ]
    return frozenset(address for address in found if address)


def _conversation(mail: JsonObject, connection: ConnectionSecrets) -> str | None:
    """The conversation that the address names which the mail came to, when the token in it is ours. The
    sender's own plus tag is never looked at.
    """
    tokens = [mail.get("MailboxHash")]
    original = mail.get("OriginalRecipient")
    for field in ("ToFull", "CcFull", "BccFull"):
        tokens += [
            one.get("MailboxHash")
            for one in optional_list(mail, field)[:100]
            if type(one) is dict and original in (None, "", one.get("Email"))
        ]
    if type(original) is str:
        tokens.append(original.partition("@")[0].partition("+")[2])
    secret = connection.webhook_secret or ""
    found = (
        conversation_of_token(token, connection.connection_id, secret)
        for token in tokens
        if type(token) is str
    )
    return next((one for one in found if one), None)


def _text(mail: JsonObject) -> str:
    """What they say themselves; the part that Postmark stripped is the best there is."""
    stripped = _body(mail, "StrippedTextReply").strip()
    if stripped:
        return stripped[:MOST_TEXT]
    plain = _body(mail, "TextBody")
    if plain.strip():
        return without_quotes(plain)[:MOST_TEXT]
    return text_of_html(_body(mail, "HtmlBody"))[:MOST_TEXT]


def _body(mail: JsonObject, field: str) -> str:
    value = mail.get(field)
    return clean(value[: 8 * MOST_TEXT]).replace("\r\n", "\n") if type(value) is str else ""


def _files(mail: JsonObject, copy: str) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    files: list[Attachment] = []
    unread: list[str] = []
    for place, item in enumerate(optional_list(mail, "Attachments")):
        if len(files) == _MOST_FILES:
            unread.append("more files than a message takes")
            break
        if type(item) is not dict:
            unread.append("an attachment is not an object")
            continue
        files.append(_file(item, copy, place))
    return tuple(files), tuple(dict.fromkeys(unread))


def _contents(mail: JsonObject, files: tuple[Attachment, ...]) -> tuple[tuple[str, str], ...]:
    """The files' bytes, still in base64, by the references that `_files` gave them."""
    named = {one.reference.rpartition("/")[2]: one.reference for one in files}
    found: list[tuple[str, str]] = []
    for place, item in enumerate(optional_list(mail, "Attachments")):
        content = (item.get("Content") or item.get("Data")) if type(item) is dict else None
        if type(content) is str and str(place) in named:
            found.append((named[str(place)], content))
    return tuple(found)


def _file(item: JsonObject, copy: str, place: int) -> Attachment:
    claimed = (optional_text(item, "ContentType", 256) or "").partition(";")[0].strip().lower()
    size = optional_id(item, "ContentLength")
    return Attachment(
        kind=kind_of(claimed),
        reference=f"{copy}/{place}",
        filename=optional_text(item, "Name", _MOST_NAME),
        content_type=claimed or None,
        size=size if size is not None and 0 <= size < 2**53 else None,
    )
