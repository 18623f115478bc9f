"""Private notes on conversations: for agents, never for contacts."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.notes import LONGEST_NOTE, AddNote, DeleteNote, ListNotes, NotePage, NoteView
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import AnyId, Said, body_config
from services.gateway.use_cases.run_query import Queries

_NOTES = "/api/v1/conversations/{conversation_id}/notes"


class NoteBody(BaseModel):
    """What is noted."""

    model_config = body_config({"text": "Her parcel went to the old address once before."})

    text: Annotated[Said, Field(max_length=LONGEST_NOTE)]


class NotesQuery(BaseModel):
    """Which notes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: int = Field(default=50, ge=1, le=100)
    before: AnyId | None = Field(default=None, description="`next_before` of an earlier page.")


def add_note_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/conversations/{id}/notes` and one of them."""

    @app.get(
        _NOTES,
        operation_id="listNotes",
        summary="The private notes of a conversation, the newest first",
        tags=["conversations"],
        response_model=NotePage,
        responses=errors(400, 401, 403, 404),
    )
    async def list_route(
        conversation_id: PathId, asked: Annotated[NotesQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = ListNotes(person=caller.person, conversation_id=conversation_id, **asked.model_dump())
        page = await queries.ask(query, account_id=caller.account_id, answer=NotePage)
        return JSONResponse(page.model_dump(mode="json"))

    @app.post(
        _NOTES,
        operation_id="addNote",
        summary="Note something that the contact never sees",
        description="Agents who may see the conversation read it; neither the contact, nor the requester of "
        "a ticket, nor the AI does. 500 notes a conversation at most.",
        tags=["conversations"],
        status_code=201,
        response_model=NoteView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def add_route(
        conversation_id: PathId,
        body: NoteBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = AddNote(actor=call.actor(), conversation_id=conversation_id, text=body.text)
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=NoteView,
            status=201,
        )

    @app.delete(
        f"{_NOTES}/{{note_id}}",
        operation_id="deleteNote",
        summary="Take a note away",
        description="For its author and for admins. Answered with the note as it was.",
        tags=["conversations"],
        response_model=NoteView,
        responses=errors(401, 403, 404, 409, 422, 504),
    )
    async def delete_route(
        conversation_id: PathId,
        note_id: PathId,
        call: CurrentCall,
    ) -> JSONResponse:
        command = DeleteNote(actor=call.actor(), conversation_id=conversation_id, note_id=note_id)
        return await commanding(call, command, conversation_id=conversation_id, answer=NoteView)
