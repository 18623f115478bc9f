"""Signatures over a webhook's raw bytes."""

import hmac
import re
from hashlib import sha256

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


def signature_refusal(header: str, given: str | None, secret: str, signed: bytes) -> str | None:
    """Why a header is not `sha256=<64 lower-case hex>`, the HMAC-SHA256 of `signed`; None when it is.

    The digest is computed and compared in any case, so that no refusal is quicker than another.
    """
    right = hmac.compare_digest(
        (given or "").encode(), f"sha256={hmac.new(secret.encode(), signed, sha256).hexdigest()}".encode()
    )
    if right:
        return None
    if given is None:
        return f"the header {header} is missing"
    if _SIGNATURE.fullmatch(given) is None:
        return f"the header {header} is not sha256= and 64 lower-case hexadecimal digits"
    return f"the header {header} is not the signature of this body with this secret"
