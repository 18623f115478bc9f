"""The model stand-in's control API: what it shall say, what shall go wrong, what it was asked."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from libs.standins.control import json_object, only, query_int, query_limit, take
from libs.standins.model.fault_kinds import model_rule
from libs.standins.model.replies import ReplyRule

if TYPE_CHECKING:
    from libs.standins.model.standin import ModelStandin

ROOT = "/_control/model"


def control_routes(standin: "ModelStandin") -> list[BaseRoute]:
    """Return the routes below ``/_control/model``."""
    control = _Control(standin)
    return [
        Route(f"{ROOT}/replies", control.add_reply, methods=["POST"]),
        Route(f"{ROOT}/replies", control.clear_replies, methods=["DELETE"]),
        Route(f"{ROOT}/faults", control.add_fault, methods=["POST"]),
        Route(f"{ROOT}/faults", control.faults, methods=["GET"]),
        Route(f"{ROOT}/faults", control.clear_faults, methods=["DELETE"]),
        Route(f"{ROOT}/calls", control.calls, methods=["GET"]),
    ]


class _Control:
    """One method a route."""

    def __init__(self, standin: "ModelStandin") -> None:
        self._standin = standin

    async def add_reply(self, request: Request) -> Response:
        """``{content: text or object, contains?, model?, times?, finish_reason?, refusal?}``."""
        body = await json_object(request)
        only(body, "content", "contains", "model", "times", "finish_reason", "refusal")
        given: dict[str, Any] = {
            name: take(body, name, str, default=None) for name in ("finish_reason", "refusal")
        }
        rule: ReplyRule = self._standin.say(
            take(body, "content", str, dict, default=None),
            contains=take(body, "contains", str, default=""),
            model=take(body, "model", str, default=""),
            times=take(body, "times", int, default=None),
            **{name: value for name, value in given.items() if value is not None},
        )
        return JSONResponse({"contains": rule.contains, "model": rule.model, "times": rule.times}, 201)

    async def clear_replies(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """Back to the small models."""
        self._standin.voices.rules.clear()
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        """A fault rule."""
        rule = self._standin.faults.add(model_rule(await json_object(request)))
        return JSONResponse(rule.as_json(), status_code=201)

    async def faults(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """The rules in force."""
        return JSONResponse({"faults": [rule.as_json() for rule in self._standin.faults.rules]})

    async def clear_faults(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """Nothing goes wrong any more."""
        self._standin.faults.clear()
        return Response(status_code=204)

    async def calls(self, request: Request) -> Response:
        """What was asked; ``model``, ``after``, ``limit``."""
        found = self._standin.calls.after(
            query_int(request, "after") or 0,
            key=request.query_params.get("model"),
            limit=query_limit(request),
        )
        return JSONResponse({"calls": [call.as_json() for call in found]})
