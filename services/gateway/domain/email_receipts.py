"""Postmark's events about mails of ours.

Source: Postmark, "Delivery", "Bounce", "Spam complaint", "Open" and "Click webhook". Bounces are told apart
by `Type`: published tables of `TypeCode` disagree.
"""

from libs.contracts.vocabulary import ReceiptKind
from services.gateway.domain.email_messages import address_in
from services.gateway.domain.inbound import Receipt
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    fitting,
    instant_of,
    optional_object,
    optional_text,
    optional_word,
    word_in,
)

_LASTING = frozenset(
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
_PASSING = frozenset({"Transient", "SoftBounce", "DnsError", "OpenRelayTest"})
#: Somebody answered by machine, or the server cannot say: the mail has arrived as far as anybody knows.
_NO_FAILURE = frozenset(
    {"AutoResponder", "AddressChange", "ChallengeVerification", "Unknown", "Subscribe", "Unsubscribe"}
)
_OURS = frozenset({"SMTPApiError", "TemplateRenderingFailed", "Unconfirmed", "InboundError"})

_BY_TIME = {
    "Delivery": (ReceiptKind.DELIVERED, "DeliveredAt"),
    "Open": (ReceiptKind.OPENED, "ReceivedAt"),
    "Click": (ReceiptKind.CLICKED, "ReceivedAt"),
}


def read_event(event: JsonObject) -> Receipt | None:
    """One event; None for those that say nothing about a mail. Raises UnreadableError."""
    kind = choice_in(event, "RecordType")
    if kind == "SubscriptionChange":
        return None
    if kind in {"Bounce", "SpamComplaint"}:
        return _bounce(event)
    if kind not in _BY_TIME:
        raise UnreadableError("RecordType is not known")
    found, when = _BY_TIME[kind]
    external_id = word_in(event, "MessageID")
    recipient = address_in(event.get("Recipient"))
    parts = [kind, external_id, recipient or ""]
    if kind != "Delivery":
        parts.append(optional_text(event, when, 64) or "")
    return Receipt(
        external_id=external_id,
        kind=found,
        delivery_id=fitting(":".join(parts)),
        at=instant_of(event.get(when)),
        recipient=recipient,
        reference=_reference(event),
        detail=optional_text(event, "Details", 1024) if kind == "Delivery" else None,
    )


def _bounce(event: JsonObject) -> Receipt | None:
    complaint = choice_in(event, "RecordType") == "SpamComplaint"
    why = "SpamComplaint" if complaint else choice_in(event, "Type")
    if why not in _LASTING | _PASSING | _NO_FAILURE | _OURS | {"SpamComplaint"}:
        raise UnreadableError("a bounce of a type that is not known")
    if why in _NO_FAILURE:
        return None
    kind = ReceiptKind.BOUNCED
    if why == "SpamComplaint":
        kind = ReceiptKind.COMPLAINT
    elif why in _OURS:
        kind = ReceiptKind.FAILED
    number = optional_word(event, "ID")
    external_id = word_in(event, "MessageID")
    said = [optional_text(event, key, 512) for key in ("Description", "Details")]
    return Receipt(
        external_id=external_id,
        kind=kind,
        delivery_id=f"bounce:{number}" if number else fitting(f"{why}:{external_id}"),
        at=instant_of(event.get("BouncedAt")),
        recipient=address_in(event.get("Email")),
        reference=_reference(event),
        error=kind if kind is not ReceiptKind.FAILED else "email_failed",
        detail=": ".join([why, *(one for one in said if one)]),
        lasting=why not in _PASSING,
    )


def _reference(event: JsonObject) -> str | None:
    """Our message's id, which went along with the mail."""
    return optional_text(optional_object(event, "Metadata") or {}, "mid", 256)
