"""Sealing: credentials at rest, and secrets that cross the broker."""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.contracts.errors import ErrorCode, PermanentError

_NONCE_BYTES = 12


def decode_key(text: str) -> bytes:
    """32 bytes from their base64 form. Raises ValueError for anything else."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("the key is not base64") from error
    if len(key) != 32:
        raise ValueError(f"the key has {len(key)} bytes instead of 32")
    return key


class SealedBox:
    """AES-256-GCM with the key's id in front, and a context that must be the same to open.

    `older` keys still open what they sealed, and seal nothing: to replace the key, give every process the new
    one among them, then make it the first, and take the old one away when nothing is sealed with it any more.

    The form is `<key id>.<base64 of nonce and ciphertext>`. The context (account, kind, purpose) is
    associated data: a record moved elsewhere does not open there.
    """

    def __init__(self, key: bytes, older: Iterable[bytes] = ()) -> None:
        self._cipher = AESGCM(key)
        self.key_id = _key_id(key)
        self._ciphers = {_key_id(one): AESGCM(one) for one in older} | {self.key_id: self._cipher}

    def is_current(self, sealed: str) -> bool:
        """Whether it is sealed with the key that seals now."""
        return sealed.startswith(f"{self.key_id}.")

    def seal(self, plain: bytes, *, context: str) -> str:
        """Encrypt; the same plain text never looks the same twice."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, context.encode())
        return f"{self.key_id}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> bytes:
        """Decrypt. Raises PermanentError when key, context or content are not those of the sealing."""
        key_id, _, body = sealed.partition(".")
        try:
            raw = base64.b64decode(body, validate=True)
            cipher = self._ciphers.get(key_id)
            if cipher is None or len(raw) <= _NONCE_BYTES:
                raise InvalidTag
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise PermanentError(ErrorCode.UNREADABLE, "a sealed value does not open") from error


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"parley key id" + key).hexdigest()[:8]
