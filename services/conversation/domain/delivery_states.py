"""How far a message got. Receipts come late, doubled and in any order; a state only ever advances."""

from libs.contracts.vocabulary import DeliveryState

#: From the least to the most that can be known. `failed` comes before `sent`, because a message that was
#: given up can still turn out to have arrived, and never the other way round.
_ORDER = (
    DeliveryState.QUEUED,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
)


def earlier_than(state: DeliveryState) -> tuple[DeliveryState, ...]:
    """The states from which a message may advance to `state`."""
    return _ORDER[: _ORDER.index(state)]


def arrives(state: DeliveryState | None) -> bool:
    """Whether a message is on its way or there, as everybody expects: nobody decides otherwise for it."""
    return state not in {DeliveryState.FAILED, DeliveryState.UNKNOWN}
