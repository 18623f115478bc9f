"""Posts of the platforms, and connections to take them."""

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.vocabulary import Channel
from services.gateway.domain.inbound import Inbound, Reading
from services.gateway.domain.webhooks import Post, WebhookChannel
from tests.unit.gateway.samples import ACCOUNT, WHEN

APP_SECRET = "app-secret"
BASIC = "postmark:let-me-in"

INES: dict[str, Any] = {"profile": {"name": "Ines"}, "wa_id": "351910000001", "user_id": "PT.90017"}


def connection(channel: Channel, secret: str | None, **settings: Any) -> ConnectionSecrets:
    return ConnectionSecrets(
        connection_id=f"conn-{channel}",
        account_id=ACCOUNT,
        chatbot_id="bot-1",
        channel=channel,
        status="connected",
        webhook_secret=secret,
        settings=settings,
    )


WHATSAPP = connection(Channel.WHATSAPP, APP_SECRET).model_copy(update={"verify_token": "verify-me"})


def value(*, number: str = "70001", **members: Any) -> dict[str, Any]:
    """What one change of WhatsApp's field `messages` holds."""
    metadata = {"display_phone_number": "4930555010", "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [INES], **members}


def whatsapp(*values: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    """A post of WhatsApp with a change for each value."""
    changes = [{"field": field, "value": one} for one in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "88001", "changes": changes}]}


def wrote(kind: str, **fields: Any) -> dict[str, Any]:
    """A message of WhatsApp."""
    message = {"from": "351910000001", "id": "wamid.A1", "timestamp": "1786000001", "type": kind, **fields}
    return {name: one for name, one in message.items() if one is not None}


def escaped(body: Any) -> bytes:
    """A body as Meta sends it: everything outside ASCII as an escape."""
    return json.dumps(body, separators=(",", ":")).encode()


def signed(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


def read(channel: WebhookChannel, where: ConnectionSecrets, body: Any) -> Reading:
    return channel.read(Post(WHEN, body=escaped(body)), where)


def only(reading: Reading) -> Inbound:
    (message,) = reading.messages
    assert not reading.unread
    return message
