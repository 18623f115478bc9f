"""The platforms' webhooks in the OpenAPI document: the framework does not serve them."""

from typing import Any

from services.gateway.domain.channels import CHANNELS

ADDRESS = "/webhooks/{kind}/{connection_id}"

_PATH = [
    {
        "name": "kind",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": sorted(CHANNELS)},
    },
    {"name": "connection_id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 128}},
]

_POST = {
    "operationId": "receiveWebhook",
    "summary": "Take a post of a platform",
    "description": "Each kind proves itself in its own way: telegram by X-Telegram-Bot-Api-Secret-Token, "
    "whatsapp by X-Hub-Signature-256, email by Basic credentials, chatwoot by X-Chatwoot-Signature. Answered "
    "when everything in it is safe in the broker. Authentic bodies that nobody can interpret are parked and "
    "answered alike; duplicates are stopped where messages are stored.",
    "tags": ["webhooks"],
    "parameters": _PATH,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "description": "The platform's own."},
                "example": {
                    "update_id": 718200101,
                    "message": {
                        "message_id": 41,
                        "from": {"id": 550011, "is_bot": False, "first_name": "Mira"},
                        "chat": {"id": 550011, "first_name": "Mira", "type": "private"},
                        "date": 1786000001,
                        "text": "How long does delivery take?",
                    },
                },
            }
        },
    },
}

_GET = {
    "operationId": "answerWebhookHandshake",
    "summary": "Answer a platform's handshake",
    "description": "WhatsApp asks once whether the address is ours: with the connection's verify token the "
    "answer is the challenge, as plain text. Anything else is 403 with nothing in it.",
    "tags": ["webhooks"],
    "parameters": [
        *_PATH,
        *(
            {"name": name, "in": "query", "required": False, "schema": {"type": "string", "maxLength": 4096}}
            for name in ("hub.mode", "hub.verify_token", "hub.challenge")
        ),
    ],
}


def described(meanings: dict[int, str], error: dict[str, str]) -> dict[str, Any]:
    """The path's entry, given what errors mean and how they look."""
    content = {"application/json": {"schema": error}}

    def errors(*statuses: int) -> dict[str, Any]:
        return {str(status): {"description": meanings[status], "content": content} for status in statuses}

    taken = {"200": {"description": "Safe.", "content": {"application/json": {}}}}
    text = {"text/plain": {"schema": {"type": "string"}}}
    shaken = {
        "200": {"description": "The challenge.", "content": text},
        "403": {"description": "Not the token, or no such connection. Nothing in it."},
    }
    return {
        "post": {**_POST, "responses": taken | errors(400, 401, 404, 408, 413, 500, 503)},
        "get": {**_GET, "responses": shaken | errors(404, 500, 503)},
    }
