"""What a platform's receipt makes of a message. Receipts come late, doubled and in any order: a message never
goes back, and what ended it for good stays.
"""

from collections.abc import Mapping
from datetime import datetime

from libs.contracts.conversation import MessageReceipt, MessageView
from libs.contracts.vocabulary import DeliveryState, ReceiptKind
from services.conversation.domain.counting import Fact, facts_of_delivery

#: After these nothing better follows, however late it comes.
_ENDED = frozenset({ReceiptKind.BOUNCED, ReceiptKind.COMPLAINT})
_WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.UNKNOWN})
_ON_ITS_WAY = _WAITING | {DeliveryState.SENT}
_UNREAD = _ON_ITS_WAY | {DeliveryState.DELIVERED}

#: The state that a receipt leads to, and those it leads there from. A `failed` may turn out to have arrived
#: (WhatsApp, "Status"); a mail may come back after it was delivered.
_MOVES: Mapping[ReceiptKind, tuple[DeliveryState, frozenset[DeliveryState]]] = {
    ReceiptKind.SENT: (DeliveryState.SENT, _WAITING),
    ReceiptKind.DELIVERED: (DeliveryState.DELIVERED, _ON_ITS_WAY | {DeliveryState.FAILED}),
    ReceiptKind.READ: (DeliveryState.READ, _UNREAD | {DeliveryState.FAILED}),
    ReceiptKind.OPENED: (DeliveryState.READ, _UNREAD | {DeliveryState.FAILED}),
    ReceiptKind.CLICKED: (DeliveryState.READ, _UNREAD | {DeliveryState.FAILED}),
    ReceiptKind.FAILED: (DeliveryState.FAILED, _ON_ITS_WAY),
    ReceiptKind.BOUNCED: (DeliveryState.FAILED, _UNREAD),
    ReceiptKind.COMPLAINT: (DeliveryState.FAILED, _UNREAD),
}
_COUNTED = frozenset({ReceiptKind.OPENED, ReceiptKind.CLICKED, ReceiptKind.BOUNCED})


def after_receipt(
    message: MessageView, kind: ReceiptKind, at: datetime, *, error: str | None, lasting: bool
) -> MessageView:
    """The message with a receipt; the very same when it says nothing new."""
    known = {receipt.kind for receipt in message.receipts}
    changes: dict[str, object] = {}
    if kind not in known:
        changes["receipts"] = (*message.receipts, MessageReceipt(kind=kind, at=at))
    state, sources = _MOVES[kind]
    if lasting and message.delivery in sources and known.isdisjoint(_ENDED):
        changes["delivery"] = state
        changes["delivery_error"] = (error or kind) if state is DeliveryState.FAILED else None
    return message.model_copy(update=changes) if changes else message


def facts_of_receipt(before: MessageView, after: MessageView, kind: ReceiptKind, at: datetime) -> list[Fact]:
    """What a receipt counts for, once a message."""
    facts = [Fact(at, f"delivery_{kind}")] if kind in _COUNTED and before.receipts != after.receipts else []
    if before.delivery is not None and after.delivery not in {None, before.delivery}:
        facts += facts_of_delivery(before.delivery, DeliveryState(after.delivery or before.delivery), at)
    return facts
