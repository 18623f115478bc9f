"""Channel connections, for administrators."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from libs.contracts.connections import (
    ChangeConnection,
    CheckConnection,
    ConnectionChecked,
    ConnectionMade,
    ConnectionPage,
    ConnectionView,
    DisconnectChannel,
    ListConnections,
    ReadConnection,
)
from services.gateway.entrypoints.http_chatbots_models import PageQuery
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_connections_models import (
    ChangeConnectionBody,
    ConnectBody,
    RotateBody,
)
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import AnyId
from services.gateway.use_cases.administer_connections import AdministerConnections

_CONNECTIONS = "/api/v1/connections"
_CONNECTION = f"{_CONNECTIONS}/{{connection_id}}"


class ConnectionQuery(PageQuery):
    """Which page, and of which chatbot."""

    chatbot_id: AnyId | None = None


def add_connection_routes(app: FastAPI, commanding: Commanding, connections: AdministerConnections) -> None:
    """`/api/v1/connections`, one of them, and its `rotate` and `test`."""
    _add_reads(app, connections)
    _add_connect(app, commanding, connections)
    _add_changes(app, commanding, connections)


def _add_reads(app: FastAPI, connections: AdministerConnections) -> None:
    @app.get(
        _CONNECTIONS,
        operation_id="listConnections",
        summary="A page of the account's channel connections",
        tags=["connections"],
        response_model=ConnectionPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(page: Annotated[ConnectionQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListConnections(**page.model_dump())
        found = await connections.ask(caller, query, ConnectionPage)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        _CONNECTION,
        operation_id="getConnection",
        summary="One channel connection",
        tags=["connections"],
        response_model=ConnectionView,
        responses=errors(401, 403, 404),
    )
    async def get_route(connection_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = ReadConnection(connection_id=connection_id)
        found = await connections.ask(caller, query, ConnectionView)
        return JSONResponse(found.model_dump(mode="json"))


def _add_connect(app: FastAPI, commanding: Commanding, connections: AdministerConnections) -> None:
    @app.post(
        _CONNECTIONS,
        operation_id="connectChannel",
        summary="Connect a channel of a chatbot",
        description="The platform is asked at once: what does not work leaves the connection with status "
        "`error` and the `reason`. A webhook is registered where the platform has a way to (Telegram); "
        "elsewhere `webhook_url` says what to enter there. A `webhook_secret` or `verify_token` that is not "
        "given is generated and stands in `generated_credentials` of this answer, and nowhere afterwards.",
        tags=["connections"],
        status_code=201,
        response_model=ConnectionMade,
        responses=errors(401, 403, 415, 422, 504),
    )
    async def connect_route(body: ConnectBody, call: CurrentCall) -> JSONResponse:
        # A repeat of the request names the same connection.
        connection_id = commanding.command_id(call)

        async def work() -> ConnectionMade:
            return await connections.connect(
                call.caller,
                connection_id=connection_id,
                chatbot_id=body.chatbot_id,
                channel=body.channel,
                name=body.name,
                settings=body.settings,
                credentials=body.credentials or {},
            )

        return await commanding.once(call, connection_id, body, work, status=201)


def _add_changes(app: FastAPI, commanding: Commanding, connections: AdministerConnections) -> None:
    @app.patch(
        _CONNECTION,
        operation_id="changeConnection",
        summary="Give a connection another name or other settings",
        description="502 `channel_refused` when the platform does not take them; then nothing changes.",
        tags=["connections"],
        response_model=ConnectionView,
        responses=errors(401, 403, 404, 415, 422, 502, 504),
    )
    async def change_route(
        connection_id: PathId,
        body: ChangeConnectionBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command_id = commanding.command_id(call)
        command = ChangeConnection(actor=call.actor(), connection_id=connection_id, **body.model_dump())

        async def work() -> ConnectionView:
            return await connections.run(call.caller, command, command_id=command_id, answer=ConnectionView)

        return await commanding.once(call, command_id, body, work)

    @app.post(
        f"{_CONNECTION}/rotate",
        operation_id="rotateConnection",
        summary="Replace a connection's credentials",
        description="502 `channel_refused` when the platform does not take them; then the old ones go on. "
        "What is generated anew stands in `generated_credentials` of this answer alone.",
        tags=["connections"],
        response_model=ConnectionMade,
        responses=errors(401, 403, 404, 415, 422, 502, 504),
    )
    async def rotate_route(
        connection_id: PathId,
        body: RotateBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command_id = commanding.command_id(call)

        async def work() -> ConnectionMade:
            return await connections.rotate(call.caller, connection_id, body.credentials, command_id)

        return await commanding.once(call, command_id, body, work)

    @app.post(
        f"{_CONNECTION}/test",
        operation_id="testConnection",
        summary="Ask the platform whether a connection works",
        tags=["connections"],
        response_model=ConnectionChecked,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def test_route(connection_id: PathId, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)
        command = CheckConnection(actor=call.actor(), connection_id=connection_id)

        async def work() -> ConnectionChecked:
            return await connections.run(
                call.caller, command, command_id=command_id, answer=ConnectionChecked
            )

        return await commanding.once(call, command_id, None, work)

    @app.delete(
        _CONNECTION,
        operation_id="disconnectChannel",
        summary="Disconnect a channel",
        description="The platform is told to post no more, and the credentials are forgotten. The connection "
        "stays, `disconnected`, as its conversations do; `rotate` takes it up again.",
        tags=["connections"],
        response_model=ConnectionView,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def disconnect_route(connection_id: PathId, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)
        command = DisconnectChannel(actor=call.actor(), connection_id=connection_id)

        async def work() -> ConnectionView:
            return await connections.run(call.caller, command, command_id=command_id, answer=ConnectionView)

        return await commanding.once(call, command_id, None, work)
