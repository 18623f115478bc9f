"""Who a visitor of a website is, as the website's own server says: an HMAC of the id that it knows them by.

The secret is the connection's credential `identity_secret`; its setting `identity` says `required` where
nobody may come without.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError, ErrorCode

REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class VisitorIdentity:
    """What the website's page hands on: `user_id` as the website knows it, `signature` in hex."""

    user_id: str
    signature: str


def sign(secret: str, user_id: str) -> str:
    """HMAC-SHA256 of the id, in hex: what the website's server computes."""
    return hmac.new(secret.encode(), user_id.encode(), sha256).hexdigest()


def identify(connection: ConnectionSecrets, identity: VisitorIdentity | None) -> str | None:
    """The id that has been proven; None for somebody who says none. Raises DomainError `unauthenticated` for
    a signature that is wrong, cannot be checked, or is missing where it is required.
    """
    if identity is None:
        if connection.settings.get("identity") == REQUIRED:
            raise _refused("This website says who its visitors are: an identity is needed.")
        return None
    secret = connection.identity_secret
    if not secret:
        raise _refused("This widget checks no identities: it has no secret for them.")
    expected = sign(secret, identity.user_id)
    if not hmac.compare_digest(expected.encode(), identity.signature.lower().encode()):
        raise _refused("The identity's signature is wrong.")
    return identity.user_id


def _refused(detail: str) -> DomainError:
    return DomainError(ErrorCode.UNAUTHENTICATED, detail)
