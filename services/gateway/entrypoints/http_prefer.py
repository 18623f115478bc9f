"""The Prefer header (RFC 7240): `respond-async` and `wait`."""

from typing import Annotated

from fastapi import Header

DEFAULT_WAIT = 10.0
LONGEST_WAIT = 30.0

Prefer = Annotated[
    str | None,
    Header(
        alias="Prefer",
        max_length=256,
        description="`respond-async`: do not wait for the channel. `wait=<seconds>`: so long, 30 at most.",
    ),
]


def wait_of(prefer: str | None) -> tuple[float, str | None]:
    """Seconds to wait, and what of the header was applied. What is not understood is passed over."""
    for part in (prefer or "").lower().replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        if name.strip() == "respond-async":
            return 0.0, "respond-async"
        number = value.strip().strip('"')
        if name.strip() == "wait" and number.isascii() and number.isdecimal() and len(number) < 6:
            seconds = min(float(number), LONGEST_WAIT)
            return seconds, f"wait={seconds:g}"
    return DEFAULT_WAIT, None
