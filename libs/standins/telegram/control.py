"""The Telegram stand-in's control API: registering, faults, and reading what happened."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from libs.standins.control import json_object, only, query_int, query_limit, take, wait_seconds
from libs.standins.errors import StandinError, UnknownError
from libs.standins.journal import Journal
from libs.standins.telegram.bot import ApiAttempt, TelegramBot
from libs.standins.telegram.control_people import ACTIONS
from libs.standins.telegram.fault_kinds import telegram_rule

if TYPE_CHECKING:
    from libs.standins.telegram.standin import TelegramStandin

ROOT = "/_control/telegram"

BotEndpoint = Callable[[TelegramBot, Request], Awaitable[Response]]


def control_routes(standin: "TelegramStandin") -> list[BaseRoute]:
    """Return the routes below ``/_control/telegram``; a bot is named by its id, as in its token."""

    def of_bot(endpoint: BotEndpoint) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            return await endpoint(standin.bot(request.path_params["bot"]), request)

        return handle

    async def register(request: Request) -> Response:
        return await _register(standin, request)

    async def bots(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
        return JSONResponse({"bots": [_shown(bot) for bot in standin.bots.values()]})

    async def strangers(request: Request) -> Response:
        return await _attempts(standin.bot_api.strangers, request)

    async def remove(request: Request) -> Response:
        await standin.remove_bot(request.path_params["bot"])
        return Response(status_code=204)

    one = f"{ROOT}/{{bot:int}}"
    routes: list[BaseRoute] = [
        Route(f"{ROOT}/bots", register, methods=["POST"]),
        Route(f"{ROOT}/bots", bots, methods=["GET"]),
        Route(f"{ROOT}/attempts", strangers, methods=["GET"]),
        Route(one, remove, methods=["DELETE"]),
        Route(f"{one}/messages", of_bot(_messages), methods=["GET"]),
        Route(f"{one}/attempts", of_bot(_attempts_of_bot), methods=["GET"]),
        Route(f"{one}/updates", of_bot(_updates), methods=["GET"]),
        Route(f"{one}/faults", of_bot(_add_fault), methods=["POST"]),
        Route(f"{one}/faults", of_bot(_faults), methods=["GET"]),
        Route(f"{one}/faults", of_bot(_clear_faults), methods=["DELETE"]),
        Route(f"{one}/faults/{{rule:int}}", of_bot(_remove_fault), methods=["DELETE"]),
    ]
    routes += [Route(f"{one}/{path}", of_bot(action), methods=["POST"]) for path, action in ACTIONS.items()]
    return routes


async def _register(standin: "TelegramStandin", request: Request) -> Response:
    body = await json_object(request)
    texts = ("token", "secret", "webhook_url", "username", "first_name")
    only(body, *texts, "speed_up", "time_limit_s", "max_connections", "allowed_updates")
    settings: dict[str, Any] = {name: take(body, name, str, default=None) for name in texts}
    for name in ("speed_up", "time_limit_s"):
        settings[name] = take(body, name, int, float, default=None)
        if settings[name] is not None and settings[name] <= 0:
            raise StandinError(f"{name} must be above 0")
    token = take(body, "token", str)
    settings["max_connections"] = take(body, "max_connections", int, default=None)
    settings["allowed_updates"] = take(body, "allowed_updates", list, default=None)
    del settings["token"]
    return JSONResponse(_shown(standin.add_bot(token, **settings)), status_code=201)


def _shown(bot: TelegramBot) -> dict[str, Any]:
    webhook = bot.sender.webhook
    return {
        "id": bot.id,
        "username": bot.state.user["username"],
        "first_name": bot.state.user["first_name"],
        "webhook_url": webhook.url if webhook else None,
        "has_secret": bool(webhook and webhook.secret_token),
        "speed_up": bot.sender.speed_up,
        "time_limit_s": bot.sender.time_limit_s,
        "chats": len(bot.state.chats),
        "pending_updates": bot.sender.pending_count,
        "messages": len(bot.messages),
        "last_message_seq": bot.messages.next_seq - 1,
    }


async def _messages(bot: TelegramBot, request: Request) -> Response:
    seconds = wait_seconds(request.query_params.get("wait_seconds", 0))
    found = await bot.messages.wait_after(
        query_int(request, "after") or 0,
        key=request.query_params.get("chat_id"),
        limit=query_limit(request),
        seconds=seconds,
    )
    return JSONResponse({"messages": [message.as_json() for message in found]})


async def _attempts_of_bot(bot: TelegramBot, request: Request) -> Response:
    return await _attempts(bot.attempts, request)


async def _attempts(journal: Journal[ApiAttempt], request: Request) -> Response:
    limit = query_limit(request)
    method = request.query_params.get("method", "").lower()
    found = journal.after(
        query_int(request, "after") or 0,
        key=request.query_params.get("chat_id"),
        limit=len(journal) if method else limit,
    )
    chosen = [attempt for attempt in found if not method or attempt.method.lower() == method]
    return JSONResponse({"attempts": [attempt.as_json() for attempt in chosen[:limit]]})


async def _updates(bot: TelegramBot, request: Request) -> Response:
    found = bot.sender.journal.after(
        query_int(request, "after") or 0,
        key=request.query_params.get("chat_id"),
        limit=query_limit(request),
    )
    return JSONResponse({"updates": [delivery.as_json() for delivery in found]})


async def _add_fault(bot: TelegramBot, request: Request) -> Response:
    rule = bot.faults.add(telegram_rule(await json_object(request)))
    return JSONResponse(rule.as_json(), status_code=201)


async def _faults(bot: TelegramBot, request: Request) -> Response:  # noqa: ARG001 - one signature for all
    return JSONResponse({"faults": [rule.as_json() for rule in bot.faults.rules]})


async def _clear_faults(bot: TelegramBot, request: Request) -> Response:  # noqa: ARG001 - one signature for all
    bot.faults.clear()
    return Response(status_code=204)


async def _remove_fault(bot: TelegramBot, request: Request) -> Response:
    if not bot.faults.remove(request.path_params["rule"]):
        raise UnknownError(f"there is no fault rule {request.path_params['rule']}")
    return Response(status_code=204)
