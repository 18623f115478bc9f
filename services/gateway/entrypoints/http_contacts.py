"""Contacts: read and change what is known of them."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from libs.contracts.contacts import (
    ContactDetail,
    ContactPage,
    GetContact,
    ListContacts,
    MergeContacts,
    UpdateContact,
)
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_contacts_models import ContactBody, ContactsQuery, MergeBody
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries

_CONTACT = "/api/v1/contacts/{contact_id}"


def add_contact_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/contacts` and one of them."""

    @app.get(
        "/api/v1/contacts",
        operation_id="listContacts",
        summary="A page of the contacts that the caller may see",
        description="A page may be shorter than `page_size`; go on while there is a `next_cursor`.",
        tags=["contacts"],
        response_model=ContactPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(filters: Annotated[ContactsQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListContacts(person=caller.person, **filters.model_dump())
        page = await queries.ask(query, account_id=caller.account_id, answer=ContactPage)
        return JSONResponse(page.model_dump(mode="json"))

    @app.get(
        _CONTACT,
        operation_id="getContact",
        summary="One contact, or the one it was merged into",
        tags=["contacts"],
        response_model=ContactDetail,
        responses=errors(401, 403, 404),
    )
    async def get_route(contact_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetContact(person=caller.person, contact_id=contact_id)
        contact = await queries.ask(query, account_id=caller.account_id, answer=ContactDetail)
        return JSONResponse(contact.model_dump(mode="json"))

    @app.patch(
        _CONTACT,
        operation_id="updateContact",
        summary="Change what is known of a contact",
        description="A new name reaches the contact's conversations shortly after.",
        tags=["contacts"],
        response_model=ContactDetail,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def update_route(
        contact_id: PathId,
        body: ContactBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = UpdateContact(
            actor=call.actor(), contact_id=contact_id, cleared=body.cleared(), **body.model_dump()
        )
        return await commanding(call, command, body=body, answer=ContactDetail)

    @app.post(
        f"{_CONTACT}/merge",
        operation_id="mergeContacts",
        summary="Make a contact part of another one, for good",
        description="Aliases, conversations and what is known of them go to `into`, which is the answer; "
        "what is known of `into` already stands. There is no way back.",
        tags=["contacts"],
        response_model=ContactDetail,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def merge_route(
        contact_id: PathId,
        body: MergeBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = MergeContacts(actor=call.actor(), contact_id=contact_id, into=body.into)
        return await commanding(call, command, body=body, answer=ContactDetail)
