"""What Postmark checks of a mail before it takes it. Source: Postmark's "Email API" (2026)."""

import base64
import binascii
from collections.abc import Mapping
from email.utils import getaddresses
from typing import Any

from libs.standins.http_api import JsonObject
from libs.standins.postmark.errors import refused

MAX_RECIPIENTS = 50
MAX_BODY = 5 * 1_048_576
MAX_MESSAGE = 10 * 1_048_576
MAX_TAG = 1_000
MAX_METADATA_KEY, MAX_METADATA_VALUE = 20, 80
_TRACK_LINKS = frozenset({"None", "HtmlAndText", "HtmlOnly", "TextOnly"})
_FORBIDDEN = (".exe", ".bat", ".cmd", ".com", ".js", ".vbs", ".scr", ".msi", ".jar", ".ps1", ".dll")


def addresses_of(mail: Mapping[str, Any], name: str) -> list[str]:
    """Return the addresses of a header, lower-cased. RefusedError 300 for one that is none."""
    value = mail.get(name) or ""
    if not isinstance(value, str):
        raise refused(402, f"'{name}' must be text")
    if not value:
        return []
    found = [address.lower() for _, address in getaddresses([value])]
    for address in found:
        local, at, domain = address.rpartition("@")
        if not (local and at and "." in domain) or any(sign in address for sign in " <>,;"):
            raise refused(300, f"Invalid '{name}' address: '{value}'.")
    return found


def recipients_of(mail: Mapping[str, Any]) -> list[str]:
    """Return everybody the mail goes to. RefusedError."""
    everybody = [one for name in ("To", "Cc", "Bcc") for one in addresses_of(mail, name)]
    if not addresses_of(mail, "To"):
        raise refused(300, "Zero recipients specified")
    if len(everybody) > MAX_RECIPIENTS:
        raise refused(300, f"Too many recipients: at most {MAX_RECIPIENTS}")
    return everybody


def check_mail(mail: Mapping[str, Any]) -> None:
    """Check everything but the addresses. RefusedError."""
    bodies = [mail.get(name) or "" for name in ("TextBody", "HtmlBody")]
    if not any(isinstance(body, str) and body for body in bodies):
        raise refused(300, "Provide either email TextBody or HtmlBody or both.")
    if any(len(str(body).encode()) > MAX_BODY for body in bodies):
        raise refused(300, "TextBody and HtmlBody may have 5 MB each")
    if len(str(mail.get("Tag") or "")) > MAX_TAG:
        raise refused(300, f"Tag may have {MAX_TAG} characters")
    if mail.get("TrackLinks", "None") not in _TRACK_LINKS:
        raise refused(300, f"TrackLinks must be one of {sorted(_TRACK_LINKS)}")
    if mail.get("MessageStream", "outbound") != "outbound":
        raise refused(1235, "The stream provided: 'MessageStream' does not exist on this server.")
    _check_metadata(mail.get("Metadata") or {})
    for header in mail.get("Headers") or []:
        if not isinstance(header, dict) or not {"Name", "Value"} <= header.keys():
            raise refused(300, "Headers must be objects with Name and Value")
    size = sum(len(str(body).encode()) for body in bodies)
    for attachment in mail.get("Attachments") or []:
        size += _check_attachment(attachment)
    if size > MAX_MESSAGE:
        raise refused(300, "The message is larger than 10 MB", status=413)


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise refused(300, "Metadata must be an object of texts")
    for name, value in metadata.items():
        if len(name) > MAX_METADATA_KEY or len(value) > MAX_METADATA_VALUE:
            raise refused(300, "Metadata: names have 20 characters at most, values 80")


def _check_attachment(attachment: Any) -> int:
    needed = {"Name", "Content", "ContentType"}
    if not isinstance(attachment, dict) or not needed <= attachment.keys():
        raise refused(300, "An attachment needs Name, Content and ContentType")
    if str(attachment["Name"]).lower().endswith(_FORBIDDEN):
        raise refused(411, "Forbidden attachment type")
    try:
        base64.b64decode(str(attachment["Content"]), validate=True)
    except binascii.Error:
        raise refused(300, "Content is not base64") from None
    return len(str(attachment["Content"]))


def text_of(mail: JsonObject) -> str | None:
    """Return what a reader sees first of a mail."""
    return mail.get("TextBody") or mail.get("HtmlBody")
