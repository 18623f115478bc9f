"""`POST /api/v1/conversations/{id}/improve`: a draft looked over, never sent by itself."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, field_validator

from libs.contracts.improving import ImprovedDraft
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import body_config
from services.gateway.use_cases.improve_draft import ImproveDraftOf


class ImproveBody(BaseModel):
    """The draft as the agent has it so far."""

    model_config = body_config({"draft": "we ship on mondays"})

    draft: str = Field(min_length=1, max_length=16_384)

    @field_validator("draft")
    @classmethod
    def _says_something(cls, draft: str) -> str:
        draft = draft.replace("\0", "")
        if not draft.strip():
            raise ValueError("draft must not be blank")
        return draft


def add_improving_routes(app: FastAPI, improve: ImproveDraftOf, commanding: Commanding) -> None:
    """Put the route on an application."""

    @app.post(
        "/api/v1/conversations/{conversation_id}/improve",
        operation_id="improveDraft",
        summary="Have a draft looked over",
        description="Tone, clarity, and questions of the contact that the draft leaves open, with what the "
        "documents say on these. With a model it comes back rewritten. Nothing is stored or sent.",
        tags=["suggestions"],
        response_model=ImprovedDraft,
        responses=errors(401, 403, 404, 409, 422, 504),
    )
    async def improve_route(
        conversation_id: PathId,
        body: ImproveBody,
        call: CurrentCall,
    ) -> JSONResponse:
        async def work() -> ImprovedDraft:
            return await improve(call.caller, conversation_id, body.draft)

        return await commanding.once(call, commanding.command_id(call), body, work)
