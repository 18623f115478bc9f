"""The WhatsApp stand-in: its numbers, and Graph below ``/graph``."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from libs.standins.control import only, take
from libs.standins.errors import StandinError
from libs.standins.http_api import ApiRequest, Operation
from libs.standins.party import PartyStandin
from libs.standins.whatsapp.errors import graph_error, refused
from libs.standins.whatsapp.number import Settings, WhatsAppNumber

_VERSION = re.compile(r"v\d{1,3}\.\d")
_ID = re.compile(r"[0-9]{3,20}")
_TEXTS = ("token", "app_secret", "verify_token", "webhook_url", "display_phone_number", "account_id")
_HELLO = {"languages": ["en_US"], "parameters": 0}


class WhatsAppStandin(PartyStandin[WhatsAppNumber]):
    """The Cloud API, as far as a customer-service platform meets it."""

    name = "whatsapp"
    prefix = "/graph"
    max_bytes = 110 * 1_048_576
    too_large = graph_error(131053, "The request is too large", status=413)

    def register(self, settings: Mapping[str, Any]) -> WhatsAppNumber:
        """Register a number or bring it up to date. Settings: ``phone_number_id``, ``token``,
        ``app_secret``, ``webhook_url``, ``verify_token``, ``display_phone_number``, ``account_id``,
        ``receipts``, ``templates``, ``speed_up``. StandinError.
        """
        only(settings, "phone_number_id", *_TEXTS, "receipts", "templates", "speed_up")
        number_id = take(settings, "phone_number_id", str)
        if not _ID.fullmatch(number_id):
            raise StandinError("phone_number_id must be 3-20 digits")
        given = {name: take(settings, name, str, default=None) for name in _TEXTS}
        number = self.parties.get(number_id)
        if number is None:
            fresh = Settings(token=take(settings, "token", str), app_secret=take(settings, "app_secret", str))
            fresh.templates["hello_world"] = dict(_HELLO)
            number = self.enrol(
                WhatsAppNumber(
                    number_id, fresh, speed_up=self.speed_up, time_limit_s=self.time_limit_s, keep=self.keep
                )
            )
        for name, value in given.items():
            if value is not None:
                setattr(number.settings, name, value)
        if (receipts := take(settings, "receipts", list, default=None)) is not None:
            number.settings.receipts = tuple(str(one) for one in receipts)
        for name, template in take(settings, "templates", dict, default={}).items():
            number.settings.templates[name] = {
                "languages": list(template.get("languages", ["en_US"])),
                "parameters": int(template.get("parameters", 0)),
            }
        number.sender.speed_up = take(settings, "speed_up", int, float, default=number.sender.speed_up)
        return number

    def control_routes(self) -> list[BaseRoute]:
        """Return the control API, with Meta's handshake."""

        async def handshake(request: Request) -> Response:
            passed = await self.verify_webhook(request.path_params["party"])
            return JSONResponse({"passed": passed}, status_code=201)

        route = Route(f"/_control/{self.name}/{{party}}/handshake", handshake, methods=["POST"])
        return [route, *super().control_routes()]

    async def verify_webhook(self, number_id: str, *, challenge: str = "1158201444") -> bool:
        """Make Meta's handshake with the number's webhook; whether the receiver passed it."""
        settings = self.party(number_id).settings
        if settings.webhook_url is None or settings.verify_token is None:
            raise StandinError("the number has no webhook_url or no verify_token")
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": settings.verify_token,
        }
        async with httpx.AsyncClient(timeout=self.time_limit_s, trust_env=False) as client:
            answer = await client.get(settings.webhook_url, params=query)
        return answer.status_code == 200 and answer.text == challenge

    def understand(self, request: ApiRequest) -> Operation:
        """Find number and operation by token and path. RefusedError."""
        numbers = self._numbers_of(request)
        parts = request.path.strip("/").split("/")
        if parts[0] == "media" and len(parts) == 2 and request.method == "GET":
            return self._of_media("download", numbers, media_id=parts[1])
        if not _VERSION.fullmatch(parts[0]) or len(parts) not in {2, 3}:
            raise refused(100, "Unsupported request")
        number = next((one for one in numbers if one.id == parts[1]), None)
        if number is None:
            if request.method == "GET" and len(parts) == 2:
                return self._of_media("media", numbers, media_id=parts[1], base_url=self.base_url)
            raise refused(33, f"Object with ID '{parts[1]}' does not exist")
        if len(parts) == 2 and request.method == "GET":
            fields = str(httpx.QueryParams(request.query.decode("latin-1")).get("fields", ""))
            return Operation(number, "number", None, {"fields": fields})
        if len(parts) == 3 and parts[2] == "media" and request.method == "POST":
            return Operation(number, "upload", None, {"size": len(request.body)}, {"request": request})
        if len(parts) != 3 or parts[2] != "messages" or request.method != "POST":
            raise refused(100, "Unsupported request")
        body = request.json_object()
        if body is None:
            raise refused(100, "The body is not a JSON object")
        if body.get("status") == "read":
            return Operation(number, "mark_read", None, body)
        # Where both are given the number wins.
        recipient = body.get("to") or body.get("recipient")
        return Operation(number, "messages", str(recipient) if recipient else None, body)

    def _numbers_of(self, request: ApiRequest) -> list[WhatsAppNumber]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = [number for number in self.parties.values() if token and number.settings.token == token]
        if not known:
            raise refused(190, "Invalid OAuth access token - Cannot parse access token")
        return known

    def _of_media(
        self, name: str, numbers: list[WhatsAppNumber], *, media_id: str, **arguments: str
    ) -> Operation:
        owner = next((number for number in numbers if media_id in number.media), None)
        if owner is None:
            raise refused(100, f"Object with ID '{media_id}' does not exist")
        request = {"media_id": media_id}
        return Operation(owner, name, None, dict(request), {**request, **arguments})
