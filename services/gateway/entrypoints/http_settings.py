"""Each person's own notification settings."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from libs.contracts.notification_settings import NotificationSettings
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import body_config
from services.gateway.use_cases.notification_settings import SettingsOfPeople

_PATH = "/app/me/notification-settings"


class SettingsBody(BaseModel):
    """`desktop`: show the browser's notification. `sound`: chime."""

    model_config = body_config({"desktop": True, "sound": False})

    desktop: bool
    sound: bool


def add_settings_routes(app: FastAPI, kept: SettingsOfPeople, commanding: Commanding) -> None:
    """Read and replace them."""

    @app.get(
        _PATH,
        operation_id="getNotificationSettings",
        summary="How the caller is told of handoffs",
        tags=["me"],
        response_model=NotificationSettings,
        responses=errors(401, 403),
    )
    async def get_route(caller: CurrentPerson) -> JSONResponse:
        settings = await kept.get(caller.account_id, caller.person.id)
        return JSONResponse(settings.model_dump(mode="json"))

    @app.put(
        _PATH,
        operation_id="putNotificationSettings",
        summary="Choose how to be told of handoffs",
        tags=["me"],
        response_model=NotificationSettings,
        responses=errors(401, 403, 415, 422, 504),
    )
    async def put_route(body: SettingsBody, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)

        async def work() -> NotificationSettings:
            return await kept.put(
                call.actor(),
                NotificationSettings(desktop=body.desktop, sound=body.sound),
                account_id=call.account_id,
                id=command_id,
            )

        return await commanding.once(call, command_id, body, work)
