"""People who write mails, and Postmark's webhooks: inbound mail and what became of outbound mail."""

import base64
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from libs.standins.control import only, take
from libs.standins.errors import StandinError
from libs.standins.http_api import JsonObject
from libs.standins.webhooks import Posting

if TYPE_CHECKING:
    from libs.standins.postmark.server import PostmarkServer

_TEXTS = (
    "from",
    "name",
    "to",
    "subject",
    "text",
    "html",
    "stripped",
    "message_id",
    "in_reply_to",
    "references",
)
_PERMANENT = frozenset(
    {
        "HardBounce",
        "BadEmailAddress",
        "Blocked",
        "DMARCPolicy",
        "VirusNotification",
        "ManuallyDeactivated",
        "SpamNotification",
    }
)
RECORDS = ("Delivery", "Bounce", "SpamComplaint", "Open", "Click", "SubscriptionChange")
HOOKS = ("inbound", "tracking")

_ids = itertools.count(31_001)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


class People:
    """What can happen around a server."""

    def __init__(self, server: "PostmarkServer") -> None:
        self._server = server

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return the paths of the control API and what takes their bodies."""
        return {
            "mails": self.write,
            "events": self.event,
            "payloads": self.payload,
            "suppressions": self.suppress,
        }

    def write(self, body: Mapping[str, Any]) -> Posting:
        """``{from, to, subject, text? | html?, name?, message_id?, in_reply_to?, references?, stripped?,
        headers?, attachments?, cc?, original_recipient?}``: somebody writes a mail.
        """
        only(body, *_TEXTS, "headers", "attachments", "cc", "original_recipient")
        given = {name: take(body, name, str, default="") for name in _TEXTS}
        sender, recipient = take(body, "from", str), take(body, "to", str)
        message_id = given["message_id"] or f"<{uuid.uuid4()}@{sender.rpartition('@')[2]}>"
        headers = [{"Name": "Return-Path", "Value": f"<{sender}>"}, {"Name": "X-Spam-Status", "Value": "No"}]
        headers.append({"Name": "Message-ID", "Value": message_id})
        for name, header in (("in_reply_to", "In-Reply-To"), ("references", "References")):
            if given[name]:
                headers.append({"Name": header, "Value": given[name]})
        headers += [
            {"Name": str(name), "Value": str(value)}
            for name, value in take(body, "headers", dict, default={}).items()
        ]
        original = take(body, "original_recipient", str, default=recipient)
        cc = take(body, "cc", list, default=[])
        mail = {
            "From": sender,
            "FromName": given["name"],
            "FromFull": _address(sender, given["name"]),
            "To": recipient,
            "ToFull": [_address(recipient)],
            "Cc": ", ".join(cc),
            "CcFull": [_address(str(one)) for one in cc],
            "Bcc": "",
            "BccFull": [],
            "OriginalRecipient": original,
            "Subject": given["subject"],
            "MessageID": str(uuid.uuid4()),
            "ReplyTo": "",
            "MailboxHash": _plus(original),
            "Date": format_datetime(datetime.now(UTC)),
            "TextBody": given["text"],
            "HtmlBody": given["html"],
            "StrippedTextReply": given["stripped"],
            "Tag": "",
            "MessageStream": "inbound",
            "Headers": headers,
            "Attachments": [_attachment(one) for one in take(body, "attachments", list, default=[])],
        }
        facts = {"message_id": message_id, "postmark_id": mail["MessageID"]}
        return self._post("inbound", mail, sender.lower(), "mail", facts)

    def event(self, body: Mapping[str, Any]) -> Posting:
        """``{record_type, message_id, recipient?, …}``: something became of a mail that was sent."""
        record, message_id = take(body, "record_type", str), take(body, "message_id", str)
        if record not in RECORDS:
            raise StandinError(f"record_type must be one of {', '.join(RECORDS)}")
        sent = self._server.sent.after(limit=len(self._server.sent))
        known = next((one for one in sent if one.message_id == message_id), None)
        recipient = take(body, "recipient", str, default=known.key if known else "")
        about: JsonObject = {"MessageID": message_id}
        if known:
            about |= {"Tag": known.request.get("Tag", ""), "Metadata": known.request.get("Metadata") or {}}
        more = {
            name: value
            for name, value in body.items()
            if name not in {"record_type", "message_id", "recipient"}
        }
        return self.track(record, recipient, {**about, **more})

    def payload(self, body: Mapping[str, Any]) -> Posting:
        """``{hook, payload}``: anything, also to the wrong one of the two webhooks."""
        only(body, "hook", "payload")
        return self._post(_hook(body), take(body, "payload", dict), "", "payload", {})

    def suppress(self, body: Mapping[str, Any]) -> JsonObject:
        """``{address, suppressed}``: stop writing to an address, or begin again."""
        only(body, "address", "suppressed")
        address, suppressed = take(body, "address", str).lower(), take(body, "suppressed", bool)
        (self._server.suppressed.add if suppressed else self._server.suppressed.discard)(address)
        return {"address": address, "suppressed": suppressed}

    def track(self, record: str, recipient: str, about: Mapping[str, Any]) -> Posting:
        """Post a tracking event; what it needs and ``about`` does not say is made up."""
        kind = str(about.get("Type", "SpamComplaint" if record == "SpamComplaint" else "HardBounce"))
        permanent = kind in _PERMANENT or record == "SpamComplaint"
        bounce = {
            "ID": next(_ids),
            "Type": kind,
            "TypeCode": 1,
            "Name": kind,
            "Description": "on purpose",
            "Details": "smtp;550 5.1.1",
            "Email": recipient,
            "From": next(iter(self._server.settings.senders), ""),
            "BouncedAt": _now(),
            "Inactive": permanent,
            "CanActivate": record == "Bounce",
        }
        extra: dict[str, JsonObject] = {
            "Delivery": {"Recipient": recipient, "DeliveredAt": _now(), "Details": "smtp;250 ok"},
            "Bounce": bounce,
            "SpamComplaint": bounce,
            "Open": {"Recipient": recipient, "ReceivedAt": _now(), "FirstOpen": True, "Platform": "Mobile"},
            "Click": {
                "Recipient": recipient,
                "ReceivedAt": _now(),
                "OriginalLink": "https://desk.test/",
                "ClickLocation": "HTML",
            },
            "SubscriptionChange": {
                "Recipient": recipient,
                "ChangedAt": _now(),
                "Origin": "Recipient",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
            },
        }
        if record in {"Bounce", "SpamComplaint"} and permanent:
            self._server.suppressed.add(recipient.lower())
        event = {"RecordType": record, "ServerID": int(self._server.id), "MessageStream": "outbound"}
        facts = {"message_id": about.get("MessageID")}
        return self._post("tracking", {**event, **extra[record], **about}, recipient, record, facts)

    def _post(self, hook: str, payload: Mapping[str, Any], key: str, kind: str, facts: JsonObject) -> Posting:
        settings = self._server.settings
        url = settings.inbound_url if hook == "inbound" else settings.tracking_url
        if url is None:
            raise StandinError(f"the server has no {hook}_url")
        more = dict(settings.headers) if hook == "tracking" else {}
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        return self._server.sender.submit(url, body, lambda _: more, kind=kind, key=key, facts=facts)


def _hook(body: Mapping[str, Any]) -> str:
    hook = take(body, "hook", str)
    if hook not in HOOKS:
        raise StandinError("hook must be inbound or tracking")
    return str(hook)


def _plus(address: str) -> str:
    return address.partition("@")[0].partition("+")[2]


def _address(address: str, name: str = "") -> JsonObject:
    return {"Email": address, "Name": name, "MailboxHash": _plus(address)}


def _attachment(given: Any) -> JsonObject:
    """``{name, content_base64, content_type?, content_id?}``."""
    if not isinstance(given, dict):
        raise StandinError("attachments must be objects")
    content = take(given, "content_base64", str)
    try:
        size = len(base64.b64decode(content, validate=True))
    except ValueError:
        raise StandinError("content_base64 is not base64") from None
    return {
        "Name": take(given, "name", str),
        "Content": content,
        "ContentType": take(given, "content_type", str, default="application/octet-stream"),
        "ContentLength": size,
        "ContentID": take(given, "content_id", str, default=""),
    }
