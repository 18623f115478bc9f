"""The people of an account, for administrators."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from libs.contracts.conversation import Person
from libs.contracts.people import FindPerson, ListPeople, PersonPage, UpdatePerson
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_people_models import (
    PasswordBody,
    PeopleQuery,
    PersonBody,
    PersonChangesBody,
)
from services.gateway.use_cases.administer_people import AdministerPeople
from services.gateway.use_cases.run_query import Queries

_PEOPLE = "/api/v1/people"
_PERSON = f"{_PEOPLE}/{{person_id}}"


def add_people_routes(
    app: FastAPI, queries: Queries, commanding: Commanding, people: AdministerPeople
) -> None:
    """`/api/v1/people` and one of them. No answer has a password, nor anything made of one."""
    _add_reads(app, queries)
    _add_changes(app, commanding, people)

    @app.post(
        _PEOPLE,
        operation_id="createPerson",
        summary="Somebody new",
        description="An email address logs in to one account: 409 when it does already.",
        tags=["administration"],
        status_code=201,
        response_model=Person,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def create_route(body: PersonBody, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)
        # A repeat of the request names the same person.
        person = body.person(command_id, call.account_id)

        async def work() -> Person:
            return await people.create(call.caller, person, body.password, command_id)

        return await commanding.once(call, command_id, body.without_password(), work, status=201)


def _add_changes(app: FastAPI, commanding: Commanding, people: AdministerPeople) -> None:
    @app.patch(
        _PERSON,
        operation_id="updatePerson",
        summary="Change a person",
        description="Who loses a role or a department, or is made inactive, is logged out; somebody "
        "inactive cannot log in, and what was assigned to them is nobody's. The last administrator stays "
        "one (409), and nobody gives up their own administration (403).",
        tags=["administration"],
        response_model=Person,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def update_route(
        person_id: PathId,
        body: PersonChangesBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command_id = commanding.command_id(call)
        changes = UpdatePerson(actor=call.actor(), person_id=person_id, **body.model_dump())

        async def work() -> Person:
            return await people.update(call.caller, changes, command_id)

        return await commanding.once(call, command_id, body, work)

    @app.put(
        f"{_PERSON}/password",
        operation_id="setPassword",
        summary="Give a person another password",
        description="Every log-in of theirs ends.",
        tags=["administration"],
        response_model=Person,
        responses=errors(401, 403, 404, 409, 415, 422),
    )
    async def password_route(person_id: PathId, body: PasswordBody, caller: CurrentPerson) -> JSONResponse:
        person = await people.set_password(caller, person_id, body.password)
        return JSONResponse(person.model_dump(mode="json"))

    @app.delete(
        _PERSON,
        operation_id="deletePerson",
        summary="Remove a person",
        description="They are logged out, and what was assigned to them is nobody's. Nobody removes "
        "themselves (403) or the last administrator (409). The answer is the person as they were.",
        tags=["administration"],
        response_model=Person,
        responses=errors(401, 403, 404, 409, 422, 504),
    )
    async def delete_route(person_id: PathId, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)

        async def work() -> Person:
            return await people.delete(call.caller, person_id, command_id)

        return await commanding.once(call, command_id, None, work)


def _add_reads(app: FastAPI, queries: Queries) -> None:
    @app.get(
        _PEOPLE,
        operation_id="listPeople",
        summary="A page of the account's people",
        tags=["administration"],
        response_model=PersonPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(filters: Annotated[PeopleQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListPeople(person=caller.person, **filters.model_dump())
        found = await queries.ask(query, account_id=caller.account_id, answer=PersonPage)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        _PERSON,
        operation_id="getPerson",
        summary="One person",
        tags=["administration"],
        response_model=Person,
        responses=errors(401, 403, 404),
    )
    async def get_route(person_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = FindPerson(person=caller.person, person_id=person_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=Person)
        return JSONResponse(found.model_dump(mode="json"))
