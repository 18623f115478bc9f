"""The ticket API: what a helpdesk's users and agents do with a conversation, under its id."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

from libs.contracts import topology
from libs.contracts.conversation import MessageView
from libs.contracts.tickets import (
    AssignTicket,
    CloseTicket,
    GetTicket,
    GiveFeedback,
    ListTickets,
    OpenTicket,
    ResolveTicket,
    TicketPage,
    TicketThread,
    TicketView,
)
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_conditions import thread_response
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import ThreadQuery
from services.gateway.entrypoints.http_tickets_models import (
    FeedbackBody,
    TicketAssignBody,
    TicketBody,
    TicketListQuery,
)
from services.gateway.use_cases.run_query import Queries

_TICKET = "/tickets/{ticket_id}"


def add_ticket_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/tickets` and what hangs below."""
    _add_reading(app, queries)
    _add_opening(app, commanding)
    _add_settling(app, commanding)


def _add_reading(app: FastAPI, queries: Queries) -> None:
    @app.get(
        "/tickets",
        operation_id="listTickets",
        summary="A page of the tickets that the caller may see",
        description="An agent sees tickets of their departments or assigned to them, a user their own.",
        tags=["tickets"],
        response_model=TicketPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(filters: Annotated[TicketListQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListTickets(person=caller.person, **filters.model_dump())
        page = await queries.ask(query, account_id=caller.account_id, answer=TicketPage)
        return JSONResponse(page.model_dump(mode="json"))

    @app.get(
        _TICKET,
        operation_id="getTicket",
        summary="One ticket with its messages",
        tags=["tickets"],
        response_model=TicketThread,
        responses={304: {"description": "As it was, by `If-None-Match`."}, **errors(400, 401, 403, 404)},
    )
    async def ticket_route(
        request: Request,
        ticket_id: PathId,
        asked: Annotated[ThreadQuery, Query()],
        caller: CurrentPerson,
    ) -> Response:
        query = GetTicket(
            person=caller.person, conversation_id=ticket_id, limit=asked.limit, before=asked.before
        )
        thread = await queries.ask(query, account_id=caller.account_id, answer=TicketThread)
        return thread_response(request, thread)


def _add_opening(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        "/tickets",
        operation_id="openTicket",
        summary="Open a ticket",
        description="In mode `answer` the AI answers first; otherwise the department has it at once.",
        tags=["tickets"],
        status_code=201,
        response_model=TicketView,
        responses=errors(401, 403, 415, 422, 504),
    )
    async def open_route(body: TicketBody, call: CurrentCall) -> JSONResponse:
        # The ids come from the request's, so that asking again after a time-out meets the same ticket.
        unique = commanding.command_id(call)
        session_id = f"web:{unique}"
        ticket_id = topology.conversation_id(
            unique.replace("-", ""), topology.thread_crc(f"ticket:{call.account_id}", session_id)
        )
        command = OpenTicket(
            actor=call.actor(), conversation_id=ticket_id, session_id=session_id, **body.model_dump()
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=ticket_id,
            answer=TicketView,
            status=201,
        )


def _add_settling(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        f"{_TICKET}/assign",
        operation_id="assignTicket",
        summary="Give it to an agent",
        description="Only to somebody who can see it by their departments (422 `invalid_assignee`).",
        tags=["tickets"],
        response_model=TicketView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def assign_route(
        ticket_id: PathId,
        body: TicketAssignBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = AssignTicket(actor=call.actor(), conversation_id=ticket_id, agent_id=body.agent_id)
        return await commanding(call, command, body=body, conversation_id=ticket_id, answer=TicketView)

    @app.post(
        f"{_TICKET}/resolve",
        operation_id="resolveTicket",
        summary="Its requester is content",
        tags=["tickets"],
        response_model=TicketView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def resolve_route(ticket_id: PathId, call: CurrentCall) -> JSONResponse:
        command = ResolveTicket(actor=call.actor(), conversation_id=ticket_id)
        return await commanding(call, command, conversation_id=ticket_id, answer=TicketView)

    @app.post(
        f"{_TICKET}/close",
        operation_id="closeTicket",
        summary="Its assigned agent puts it away, after it was resolved",
        tags=["tickets"],
        response_model=TicketView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def close_route(ticket_id: PathId, call: CurrentCall) -> JSONResponse:
        command = CloseTicket(actor=call.actor(), conversation_id=ticket_id)
        return await commanding(call, command, conversation_id=ticket_id, answer=TicketView)

    @app.patch(
        f"{_TICKET}/messages/{{message_id}}/feedback",
        operation_id="giveFeedback",
        summary="Say what one thinks of a message of the AI",
        tags=["tickets"],
        response_model=MessageView,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def feedback_route(
        ticket_id: PathId,
        message_id: PathId,
        body: FeedbackBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = GiveFeedback(
            actor=call.actor(),
            conversation_id=ticket_id,
            message_id=message_id,
            feedback=body.feedback,
        )
        return await commanding(call, command, body=body, conversation_id=ticket_id, answer=MessageView)
