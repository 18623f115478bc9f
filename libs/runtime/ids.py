"""Where ids come from."""

import uuid_utils

_NAMESPACE = uuid_utils.UUID("5b1f0c1e-6f0b-4f8e-9a53-7d0c5e1d9a10")


def new_id() -> str:
    """A UUIDv7: unique, and sorted by the time it was made."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> str:
    """A UUIDv5 of the parts: whoever has the same parts gets the same id, on whichever replica.

    The parts' lengths go in too, so that ("ab", "c") and ("a", "bc") differ.
    """
    return str(uuid_utils.uuid5(_NAMESPACE, "\x1f".join(f"{len(part)}:{part}" for part in parts)))
