"""The audit trail, for administrators."""

from typing import Annotated, Literal

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.audit import AuditPage, ListAudit
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import AnyId
from services.gateway.entrypoints.http_moments import AnyMoment
from services.gateway.use_cases.run_query import Queries


class AuditQuery(BaseModel):
    """Which entries. A filter that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    actor_id: AnyId | None = Field(default=None, description="Who: a person's or an API key's id.")
    action: str | None = Field(default=None, min_length=1, max_length=128, description="Such as `log_in`.")
    target: AnyId | None = Field(default=None, description="An id that the action was on.")
    result: Literal["done", "refused"] | None = None
    since: AnyMoment | None = Field(default=None, description="Included.")
    until: AnyMoment | None = Field(default=None, description="Not included.")
    cursor: str | None = Field(default=None, min_length=1, max_length=512)
    page_size: int = Field(default=50, ge=1, le=200)


def add_audit_routes(app: FastAPI, queries: Queries) -> None:
    """`/api/v1/audit`."""

    @app.get(
        "/api/v1/audit",
        operation_id="listAudit",
        summary="Who did what, the newest first",
        description="Every action of a person or an API key, refused ones, too: who, what, on what, when, "
        "what became of it, and the trace that finds its logs. Kept two years; ids alone, no words.",
        tags=["administration"],
        response_model=AuditPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(asked: Annotated[AuditQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListAudit(person=caller.person, **asked.model_dump())
        page = await queries.ask(query, account_id=caller.account_id, answer=AuditPage)
        return JSONResponse(page.model_dump(mode="json"))
