"""Base64 out of a JSON string, decoded as it arrives."""

import re
from base64 import b64decode

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHER = bytes(set(range(256)) - set(_ALPHABET + b"="))
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
#: An escape whose rest is still on its way.
_HALF = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class Base64Stream:
    """Line breaks and whatever else is not base64 are passed over, as by Python's own decoder. What follows
    the padding is none of it.
    """

    def __init__(self) -> None:
        self._raw = b""
        self._quad = b""
        self._over = False

    def feed(self, raw: bytes) -> bytes:
        """Bytes of the string, still with JSON's escapes; what they decode to, so far as it is complete."""
        raw = self._raw + raw
        half = _HALF.search(raw)
        self._raw = raw[half.start() :] if half else b""
        text = raw[: half.start()] if half else raw
        if b"\\" in text:
            text = _ESCAPE.sub(_unescaped, text)
        if self._over:
            return b""
        text = self._quad + text.translate(None, _OTHER)
        data, padding, _ = text.partition(b"=")
        self._over = bool(padding)
        whole = len(data) // 4 * 4
        self._quad = data[whole:]
        decoded = b64decode(data[:whole])
        if self._over and len(self._quad) > 1:
            decoded += b64decode(self._quad + b"=" * (4 - len(self._quad)))
            self._quad = b""
        return decoded

    @property
    def broken(self) -> bool:
        """Whether something is left over that decodes to nothing."""
        return bool(self._quad)


def _unescaped(match: re.Match[bytes]) -> bytes:
    code, sign = match.groups()
    if code is None:
        return b"/" if sign == b"/" else b""
    number = int(code, 16)
    return bytes([number]) if number < 128 else b""
