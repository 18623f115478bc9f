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


EMAIL = connection(Channel.EMAIL, BASIC)


def mail(headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """A mail as Postmark posts it; an answer to one of ours unless `headers` say something else."""
    to = {"Email": "help+t_9f2k@desk.test", "Name": "", "MailboxHash": "t_9f2k"}
    known = {
        "Return-Path": "<jo@sample.test>",
        "Message-ID": "<j2@sample.test>",
        "In-Reply-To": "<5d0c7a10-out1@desk.test>",
        "References": "<j1@sample.test> <5d0c7a10-out1@desk.test>",
    }
    whole = {
        "From": "jo@sample.test",
        "FromName": "Jo Wren",
        "FromFull": {"Email": "jo@sample.test", "Name": "Jo Wren", "MailboxHash": ""},
        "To": "help+t_9f2k@desk.test",
        "ToFull": [to],
        "OriginalRecipient": "help+t_9f2k@desk.test",
        "Subject": "Re: Kettle",
        "MessageID": "5d0c7a10-0001-4a00-9a00-0000000000a1",
        "ReplyTo": "",
        "MailboxHash": "t_9f2k",
        "Date": "Tue, 4 Aug 2026 09:12:01 +0200",
        "TextBody": "Green please.",
        "HtmlBody": "",
        "StrippedTextReply": "",
        "MessageStream": "inbound",
        "Headers": [
            {"Name": name, "Value": one} for name, one in (known if headers is None else headers).items()
        ],
        "Attachments": [],
        **fields,
    }
    return {name: one for name, one in whole.items() if one is not None}


CHATWOOT = connection(Channel.CHATWOOT, "chatwoot-secret")


def talk(**fields: Any) -> dict[str, Any]:
    """A conversation of Chatwoot."""
    nested = {"id": 9101, "message_type": 0, "status": "sent", "account_id": 3, "conversation_id": 77}
    whole = {
        "id": 77,
        "inbox_id": 12,
        "status": "pending",
        "channel": "Channel::WebWidget",
        "contact_inbox": {"id": 610, "contact_id": 501, "source_id": "c0ffee00"},
        "meta": {"sender": {"id": 501, "name": "Jo Wren", "type": "contact"}, "assignee": None},
        "messages": [nested],
        **fields,
    }
    return {name: one for name, one in whole.items() if one is not None}


def said(**fields: Any) -> dict[str, Any]:
    """A message event of Chatwoot."""
    whole = {
        "event": "message_created",
        "id": 9101,
        "content": "Where is my parcel?",
        "content_type": "text",
        "content_attributes": {},
        "message_type": "incoming",
        "private": False,
        "created_at": "2026-08-04T07:00:00.120Z",
        "source_id": None,
        "account": {"id": 3, "name": "Kettle Co"},
        "inbox": {"id": 12, "name": "Site"},
        "sender": {"id": 501, "name": "Jo Wren", "email": "Jo@sample.test", "phone_number": None},
        "conversation": talk(),
        **fields,
    }
    return {name: one for name, one in whole.items() if one is not None}


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
