"""WhatsApp's receipts for messages of ours."""

from libs.contracts.vocabulary import ReceiptKind
from services.gateway.domain.inbound import Receipt
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    fitting,
    moment_of,
    optional_list,
    optional_object,
    optional_text,
    optional_word,
    word_in,
)

#: Codes with a meaning of their own to us; others stay `whatsapp_<code>`.
WINDOW_CLOSED = "131047"
_CODES = {WINDOW_CLOSED: "window_closed"}

_KINDS = {
    "sent": ReceiptKind.SENT,
    "delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.READ,
    "played": ReceiptKind.READ,
    "failed": ReceiptKind.FAILED,
}


def read_receipt(status: JsonObject, number: str | None) -> Receipt:
    """One status. Raises UnreadableError, for a status that is newer than this list, too."""
    external_id = word_in(status, "id")
    word = choice_in(status, "status")
    kind = _KINDS.get(word)
    if kind is None:
        raise UnreadableError("a status that is not known")
    recipient = optional_word(status, "recipient_id") or optional_word(status, "recipient_user_id")
    error = next((one for one in optional_list(status, "errors") if type(one) is dict), {})
    code = optional_word(error, "code") if kind is ReceiptKind.FAILED else None
    member = optional_word(status, "recipient_participant_id") or optional_word(
        status, "recipient_participant_user_id"
    )
    return Receipt(
        external_id=external_id,
        kind=kind,
        # In a group each member's receipt is one of its own.
        delivery_id=fitting(":".join([external_id, word, recipient or "", member or ""])),
        at=moment_of(status.get("timestamp")),
        recipient=recipient,
        reference=optional_text(status, "biz_opaque_callback_data", 512),
        error=_error(kind, code),
        detail=_detail(error) if kind is ReceiptKind.FAILED else None,
        number=number,
    )


def _error(kind: ReceiptKind, code: str | None) -> str | None:
    if kind is not ReceiptKind.FAILED:
        return None
    return _CODES.get(code, f"whatsapp_{code}"[:64]) if code else "whatsapp_failed"


def _detail(error: JsonObject) -> str | None:
    data = error.get("error_data")
    said = optional_text(optional_object(error, "error_data") or {}, "details", 1024)
    if type(data) is str:
        said = optional_text(error, "error_data", 1024)
    return said or optional_text(error, "message", 1024) or optional_text(error, "title", 1024)
