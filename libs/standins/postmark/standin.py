"""The Postmark stand-in: its servers, and Postmark's API below ``/postmark``."""

import json
from collections.abc import Mapping
from typing import Any

from libs.standins.control import only, take
from libs.standins.errors import StandinError
from libs.standins.http_api import ApiRequest, JsonObject, Operation
from libs.standins.party import PartyStandin
from libs.standins.postmark.errors import postmark_error, refused
from libs.standins.postmark.server import MAX_BATCH, PostmarkServer, Settings

TEST_TOKEN = "POSTMARK_API_TEST"  # noqa: S105 - everybody's
_LISTS = ("senders", "events")


class PostmarkStandin(PartyStandin[PostmarkServer]):
    """Postmark, as far as a customer-service platform meets it."""

    name = "postmark"
    prefix = "/postmark"
    max_bytes = 52 * 1_048_576
    too_large = postmark_error(300, "The request is too large", status=413)

    def register(self, settings: Mapping[str, Any]) -> PostmarkServer:
        """Register a server or bring it up to date. Settings: ``server_id`` (a number), ``token``,
        ``senders``, ``inbound_url``, ``tracking_url``, ``headers``, ``events``, ``speed_up``. StandinError.
        """
        only(settings, "server_id", "token", *_LISTS, "inbound_url", "tracking_url", "headers", "speed_up")
        server_id = take(settings, "server_id", int, str)
        if not str(server_id).isdigit():
            raise StandinError("server_id must be a number")
        server = self.parties.get(str(server_id))
        if server is None:
            fresh = Settings(token=take(settings, "token", str))
            server = self.enrol(
                PostmarkServer(
                    str(server_id),
                    fresh,
                    speed_up=self.speed_up,
                    time_limit_s=self.time_limit_s,
                    keep=self.keep,
                )
            )
        for name in ("token", "inbound_url", "tracking_url"):
            if (value := take(settings, name, str, default=None)) is not None:
                setattr(server.settings, name, value)
        for name in _LISTS:
            if (values := take(settings, name, list, default=None)) is not None:
                setattr(server.settings, name, tuple(str(one) for one in values))
        server.settings.headers.update(take(settings, "headers", dict, default={}))
        server.sender.speed_up = take(settings, "speed_up", int, float, default=server.sender.speed_up)
        return server

    def understand(self, request: ApiRequest) -> Operation:
        """Find server and operation by token and path. RefusedError."""
        token = request.headers.get("x-postmark-server-token", "")
        testing = token == TEST_TOKEN and bool(self.parties)
        known = (one for one in self.parties.values() if token and (testing or one.settings.token == token))
        server = next(known, None)
        if server is None:
            raise refused(10)
        if request.method == "GET" and request.path == "/server":
            return Operation(server, "server", None, {})
        if request.method != "POST" or request.path not in {"/email", "/email/batch"}:
            raise refused(404, "The requested resource does not exist.", status=404)
        if "application/json" not in request.headers.get("accept", "") or not request.headers.get(
            "content-type", ""
        ).startswith("application/json"):
            raise refused(409, "The HTTP request does not have the Accept and Content-Type headers of JSON.")
        body = _json(request)
        if request.path == "/email/batch":
            if not isinstance(body, list):
                raise refused(403, "A JSON array was expected.")
            if len(body) > MAX_BATCH:
                raise refused(410, f"More than {MAX_BATCH} messages in a batch.")
            arguments = {"mails": body, "testing": testing}
            return Operation(server, "batch", None, {"messages": len(body)}, arguments)
        if not isinstance(body, dict):
            raise refused(403, "A JSON object was expected.")
        return Operation(server, "email", _first(body), body, {"mail": body, "testing": testing})


def _json(request: ApiRequest) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        raise refused(402, "Received invalid JSON input.") from None


def _first(mail: JsonObject) -> str:
    to = str(mail.get("To") or "")
    return to.partition(",")[0].rpartition("<")[2].strip(" >").lower()
