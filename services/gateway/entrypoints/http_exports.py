"""Everything that is known of a contact, for administrators."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.exporting import ExportContact, ExportPage
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries


class ExportQuery(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cursor: str | None = Field(
        default=None, min_length=1, max_length=2048, description="`next_cursor` of the page before."
    )


def add_export_route(app: FastAPI, queries: Queries) -> None:
    """`/api/v1/contacts/{id}/export`."""

    @app.get(
        "/api/v1/contacts/{contact_id}/export",
        operation_id="exportContact",
        summary="Everything that is known of a contact",
        description="Their conversations, one after the other, each with its messages, transitions, "
        "suggestions, notes and scheduled replies; go on while there is a `next_cursor`. Files "
        "are named by their messages.",
        tags=["contacts"],
        response_model=ExportPage,
        responses=errors(400, 401, 403, 404),
    )
    async def export_route(
        contact_id: PathId, asked: Annotated[ExportQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = ExportContact(person=caller.person, contact_id=contact_id, cursor=asked.cursor)
        page = await queries.ask(query, account_id=caller.account_id, answer=ExportPage)
        # A copy of a person's data stays nowhere on the way.
        return JSONResponse(page.model_dump(mode="json"), headers={"Cache-Control": "no-store"})
