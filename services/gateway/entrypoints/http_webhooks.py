"""Telegram's webhook: the product's hottest path, so a plain route with nothing around it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.use_cases.receive_telegram_update import ReceiveTelegramUpdate

_SECRET = b"x-telegram-bot-api-secret-token"
#: An answer with a field `method` would be executed by Telegram. Immutable, so one serves all.
_TAKEN = Response(b"{}", media_type="application/json")


def telegram_route(receive: ReceiveTelegramUpdate) -> Route:
    """`/webhooks/telegram/{connection_id}`. The secret is checked before the body is read."""

    async def receive_telegram_update(request: Request) -> Response:
        connection_id = request.path_params["connection_id"][:256]
        connection = await receive.verify(connection_id, _secret(request))
        await receive.take(connection, await request.body())
        return _TAKEN

    return Route(
        "/webhooks/telegram/{connection_id}",
        receive_telegram_update,
        methods=["POST"],
        name="receiveTelegramUpdate",
    )


def _secret(request: Request) -> bytes | None:
    headers: list[tuple[bytes, bytes]] = request.scope["headers"]
    for name, value in headers:
        if name == _SECRET:
            return value
    return None
