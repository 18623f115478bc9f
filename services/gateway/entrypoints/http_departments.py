"""The account and its departments: read by those who work in it, set up by administrators."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from libs.contracts.directory import (
    AccountView,
    CreateDepartment,
    DeleteDepartment,
    Department,
    GetAccount,
    UpdateAccount,
    UpdateDepartment,
)
from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.callers import PersonCaller
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_departments_models import (
    AccountBody,
    DepartmentBody,
    DepartmentChangesBody,
    DepartmentList,
)
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries

_ACCOUNT = "/api/v1/account"
_DEPARTMENTS = "/api/v1/departments"
_DEPARTMENT = f"{_DEPARTMENTS}/{{department_id}}"


def add_department_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/account`, `/api/v1/departments` and one of them."""
    _add_reads(app, queries)

    @app.patch(
        _ACCOUNT,
        operation_id="updateAccount",
        summary="Change the account",
        tags=["administration"],
        response_model=AccountView,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def update_account_route(body: AccountBody, call: CurrentCall) -> JSONResponse:
        command = UpdateAccount(actor=call.actor(), cleared=body.cleared(), **body.model_dump())
        return await commanding(call, command, body=body, answer=AccountView)

    @app.post(
        _DEPARTMENTS,
        operation_id="createDepartment",
        summary="A new department",
        tags=["administration"],
        status_code=201,
        response_model=Department,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def create_route(body: DepartmentBody, call: CurrentCall) -> JSONResponse:
        command = CreateDepartment(actor=call.actor(), department=body.department())
        return await commanding(call, command, body=body, answer=Department, status=201)

    @app.patch(
        _DEPARTMENT,
        operation_id="updateDepartment",
        summary="Change a department",
        tags=["administration"],
        response_model=Department,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def update_route(
        department_id: PathId,
        body: DepartmentChangesBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = UpdateDepartment(
            actor=call.actor(), department_id=department_id, cleared=body.cleared(), **body.model_dump()
        )
        return await commanding(call, command, body=body, answer=Department)

    @app.delete(
        _DEPARTMENT,
        operation_id="deleteDepartment",
        summary="Remove a department that nothing belongs to any more",
        description="409 while people, chatbots or open conversations belong to it. The answer is the "
        "department as it was.",
        tags=["administration"],
        response_model=Department,
        responses=errors(401, 403, 404, 409, 422, 504),
    )
    async def delete_route(department_id: PathId, call: CurrentCall) -> JSONResponse:
        command = DeleteDepartment(actor=call.actor(), department_id=department_id)
        return await commanding(call, command, answer=Department)


def _add_reads(app: FastAPI, queries: Queries) -> None:
    async def account_of(caller: PersonCaller) -> AccountView:
        query = GetAccount(person=caller.person)
        return await queries.ask(query, account_id=caller.account_id, answer=AccountView)

    @app.get(
        _ACCOUNT,
        operation_id="getAccount",
        summary="The account with its departments",
        tags=["administration"],
        response_model=AccountView,
        responses=errors(401, 403, 404),
    )
    async def account_route(caller: CurrentPerson) -> JSONResponse:
        return JSONResponse((await account_of(caller)).model_dump(mode="json"))

    @app.get(
        _DEPARTMENTS,
        operation_id="listDepartments",
        summary="Every department of the account",
        tags=["administration"],
        response_model=DepartmentList,
        responses=errors(401, 403, 404),
    )
    async def list_route(caller: CurrentPerson) -> JSONResponse:
        items = (await account_of(caller)).departments
        return JSONResponse(DepartmentList(items=items).model_dump(mode="json"))

    @app.get(
        _DEPARTMENT,
        operation_id="getDepartment",
        summary="One department",
        tags=["administration"],
        response_model=Department,
        responses=errors(401, 403, 404),
    )
    async def get_route(department_id: PathId, caller: CurrentPerson) -> JSONResponse:
        for one in (await account_of(caller)).departments:
            if one.id == department_id:
                return JSONResponse(one.model_dump(mode="json"))
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such department.")
