"""What happens later: conversations that are put aside, and replies that wait for their time."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.conversation import ConversationView
from libs.contracts.scheduling import (
    CancelScheduledReply,
    ListScheduledReplies,
    ScheduledReply,
    ScheduledReplyPage,
    ScheduleReply,
)
from libs.contracts.snoozing import SnoozeConversation, UnsnoozeConversation
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import AnyId, Said, body_config
from services.gateway.entrypoints.http_moments import Moment
from services.gateway.use_cases.run_query import Queries

_SNOOZE = "/api/v1/conversations/{conversation_id}/snooze"
_SCHEDULED = "/api/v1/conversations/{conversation_id}/scheduled-replies"
_ERRORS = errors(401, 403, 404, 409, 415, 422, 504)


class SnoozeBody(BaseModel):
    """Until when: ahead, by a year at most."""

    model_config = body_config({"until": "2027-01-31T09:00:00Z"})

    until: Moment


class ScheduleBody(BaseModel):
    """A reply, and when it is to be sent: ahead, by a year at most."""

    model_config = body_config({"body": "Has the kettle arrived?", "send_at": "2027-01-31T09:00:00+01:00"})

    body: Said
    send_at: Moment


class ScheduledQuery(BaseModel):
    """Which scheduled replies."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: int = Field(default=50, ge=1, le=100)
    before: AnyId | None = Field(default=None, description="`next_before` of an earlier page.")


def add_later_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/conversations/{id}/snooze` and `/scheduled-replies`."""
    _add_snoozing(app, commanding)
    _add_scheduling(app, queries, commanding)


def _add_snoozing(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        _SNOOZE,
        operation_id="snoozeConversation",
        summary="Put a conversation aside until a moment",
        description="It keeps its status, and wakes up when the moment comes, when the contact writes, or "
        "when it is resolved, closed or archived. Snoozed once more, the moment is moved.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def snooze_route(
        conversation_id: PathId,
        body: SnoozeBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = SnoozeConversation(actor=call.actor(), conversation_id=conversation_id, until=body.until)
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ConversationView,
        )

    @app.delete(
        _SNOOZE,
        operation_id="unsnoozeConversation",
        summary="Take a conversation up again before its time",
        description="One that is awake is answered as done.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def unsnooze_route(conversation_id: PathId, call: CurrentCall) -> JSONResponse:
        command = UnsnoozeConversation(actor=call.actor(), conversation_id=conversation_id)
        return await commanding(call, command, conversation_id=conversation_id, answer=ConversationView)


def _add_scheduling(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    @app.get(
        _SCHEDULED,
        operation_id="listScheduledReplies",
        summary="The scheduled replies of a conversation, those made last first",
        tags=["conversations"],
        response_model=ScheduledReplyPage,
        responses=errors(400, 401, 403, 404),
    )
    async def list_route(
        conversation_id: PathId, asked: Annotated[ScheduledQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = ListScheduledReplies(
            person=caller.person, conversation_id=conversation_id, **asked.model_dump()
        )
        page = await queries.ask(query, account_id=caller.account_id, answer=ScheduledReplyPage)
        return JSONResponse(page.model_dump(mode="json"))

    @app.post(
        _SCHEDULED,
        operation_id="scheduleReply",
        summary="Write a reply now that is sent later",
        description="At its time it is sent once, by the rule of a reply by hand; where its author could not "
        "reply then it is `failed` with the code why, and agents hear `conversation:error`. 20 wait at most.",
        tags=["conversations"],
        status_code=201,
        response_model=ScheduledReply,
        responses=_ERRORS,
    )
    async def schedule_route(
        conversation_id: PathId,
        body: ScheduleBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = ScheduleReply(
            actor=call.actor(), conversation_id=conversation_id, content=body.body, send_at=body.send_at
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ScheduledReply,
            status=201,
        )

    @app.delete(
        f"{_SCHEDULED}/{{scheduled_id}}",
        operation_id="cancelScheduledReply",
        summary="Have a scheduled reply not sent",
        description="409 when it was sent, or could not be.",
        tags=["conversations"],
        response_model=ScheduledReply,
        responses=_ERRORS,
    )
    async def cancel_route(
        conversation_id: PathId,
        scheduled_id: PathId,
        call: CurrentCall,
    ) -> JSONResponse:
        command = CancelScheduledReply(
            actor=call.actor(), conversation_id=conversation_id, scheduled_id=scheduled_id
        )
        return await commanding(call, command, conversation_id=conversation_id, answer=ScheduledReply)
