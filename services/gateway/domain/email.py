"""Email as a channel, over Postmark: credentials in the address, one mail or one event a post.

Source: Postmark, "Inbound webhook" and "Modular webhooks". Nothing is signed.
"""

import hmac
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.email_messages import read_mail
from services.gateway.domain.email_receipts import read_event
from services.gateway.domain.inbound import Reading
from services.gateway.domain.json_fields import parsed
from services.gateway.domain.webhooks import UNSET, Post


class Email:
    """Mailboxes of a Postmark server: mails to us, and what became of ours."""

    covers_body = False
    #: Attachments of 35 MB are 47 MB in base64; what goes with them has room.
    body_bytes = 56 * 1024 * 1024

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        """By the Basic credentials of the webhook's address, or by the secret as the path below it. A secret
        without a colon is the password of whatever user.
        """
        secret = connection.webhook_secret
        if not secret:
            return UNSET
        given = post.headers.get("authorization")
        credentials = _credentials(given)
        password = credentials.partition(b":")[2] if ":" not in secret else credentials
        right = hmac.compare_digest(password, secret.encode())
        right_path = hmac.compare_digest(post.below.encode(), secret.encode())
        if right or right_path:
            return None
        if given is None:
            return "the header Authorization is missing"
        return "the header Authorization does not hold the secret as Basic credentials"

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:
        """A mail, or an event about one of ours. Events name their kind; a mail may."""
        body = parsed(post.body)
        if body.get("RecordType", "Inbound") == "Inbound":
            return read_mail(body, connection)
        receipt = read_event(body)
        return Reading(receipts=() if receipt is None else (receipt,))

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:  # noqa: ARG002 - the interface
        """There is no handshake."""
        return None


def _credentials(header: str | None) -> bytes:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return b64decode(encoded.strip(), validate=True)
    except (NoBase64, ValueError):
        return b""
