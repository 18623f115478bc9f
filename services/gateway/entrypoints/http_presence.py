"""Who of the team is there."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from libs.contracts.presence import GetPresence, PresenceList
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries


def add_presence_routes(app: FastAPI, queries: Queries) -> None:
    """`/api/v1/presence`."""

    @app.get(
        "/api/v1/presence",
        operation_id="listPresence",
        summary="Who of the team is online or away",
        description="Who is not listed is offline. Changes come as `presence` frames on the account's topic.",
        tags=["administration"],
        response_model=PresenceList,
        responses=errors(401, 403),
    )
    async def list_route(caller: CurrentPerson) -> JSONResponse:
        query = GetPresence(person=caller.person)
        found = await queries.ask(query, account_id=caller.account_id, answer=PresenceList)
        return JSONResponse(found.model_dump(mode="json"))
