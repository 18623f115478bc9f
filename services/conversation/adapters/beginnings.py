"""Texts that begin with what somebody typed."""

import re


def beginning_with(prefix: str) -> dict[str, str]:
    """As the store is asked for them: a range of the field's index. A NUL is spelt out: the store takes none
    in a pattern.
    """
    return {"$regex": f"^{re.escape(prefix)}".replace("\0", r"\x00")}
