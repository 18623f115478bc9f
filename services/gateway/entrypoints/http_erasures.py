"""Erase a contact everywhere, and see how far that is."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from libs.contracts.erasure import EraseContact, ErasureView, GetErasure
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries


def add_erasure_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """For admins."""

    @app.delete(
        "/api/v1/contacts/{contact_id}",
        operation_id="eraseContact",
        summary="Erase a contact from every service",
        description="Their conversations are closed and stay as shells without any words. Goes on until "
        "every service has acknowledged; asked again, it tells how far that is. What the person writes "
        "later starts anew.",
        tags=["contacts"],
        status_code=202,
        response_model=ErasureView,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def erase_route(contact_id: PathId, call: CurrentCall) -> JSONResponse:
        command = EraseContact(actor=call.actor(), contact_id=contact_id)
        return await commanding(call, command, answer=ErasureView, status=202)

    @app.get(
        "/api/v1/erasures/{erasure_id}",
        operation_id="getErasure",
        summary="How far an erasure is",
        tags=["contacts"],
        response_model=ErasureView,
        responses=errors(401, 403, 404),
    )
    async def get_route(erasure_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetErasure(person=caller.person, erasure_id=erasure_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=ErasureView)
        return JSONResponse(found.model_dump(mode="json"))
