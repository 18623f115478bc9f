"""What a mail of ours carries so that its answer finds the conversation again.

The plus-token of the reply address (`help+<token>@desk.test`) names the conversation and is signed, because
whoever writes to us chooses it: 18 bytes of the conversation's id and 8 of the signature, in base32, so that
a mail program which changes the case of an address changes nothing. Delivery makes it, the gateway reads it;
both hold the connection's secret.
"""

import hmac
import re
from base64 import b32decode, b32encode
from hashlib import sha256

_ID_BYTES = 18
_SIGNATURE_BYTES = 8
_LENGTH = 42
_CONVERSATION = re.compile(r"[0-9a-f]{32}-[0-9a-f]{4}")
_TOKEN = re.compile(r"[a-z2-7]{42}")


def plus_token(conversation_id: str, connection_id: str, secret: str) -> str | None:
    """The token of a conversation; None for an id that has another form, or without a secret."""
    if not secret or _CONVERSATION.fullmatch(conversation_id) is None:
        return None
    plain = bytes.fromhex(conversation_id.replace("-", ""))
    whole = plain + _signature(plain, connection_id, secret)
    return b32encode(whole).decode().rstrip("=").lower()


def conversation_of_token(token: str, connection_id: str, secret: str) -> str | None:
    """The conversation that a token names, when it is ours; None otherwise."""
    token = token.lower()
    if not secret or _TOKEN.fullmatch(token) is None:
        return None
    whole = b32decode(token.upper() + "=" * (-_LENGTH % 8))
    plain, given = whole[:_ID_BYTES], whole[_ID_BYTES:]
    if not hmac.compare_digest(given, _signature(plain, connection_id, secret)):
        return None
    return f"{plain[:16].hex()}-{plain[16:].hex()}"


def _signature(plain: bytes, connection_id: str, secret: str) -> bytes:
    signed = b"thread|" + connection_id.encode() + b"|" + plain
    return hmac.new(secret.encode(), signed, sha256).digest()[:_SIGNATURE_BYTES]
