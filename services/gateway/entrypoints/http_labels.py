"""The account's labels: read by those who work in it, changed by administrators."""

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from libs.contracts.labels import CreateLabel, DeleteLabel, Label, LabelList, ListLabels, UpdateLabel
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_departments_models import Changes
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import body_config
from services.gateway.use_cases.run_query import Queries

_LABELS = "/api/v1/labels"
_LABEL = f"{_LABELS}/{{label:path}}"
_ERRORS = errors(401, 403, 404, 409, 415, 422, 504)

LabelPath = Annotated[str, Path(min_length=1, max_length=64, description="Its name.")]
LabelIn = Annotated[str, Field(min_length=1, max_length=64, description="Case does not count.")]
ColourIn = Annotated[str, Field(max_length=7, pattern=r"^#[0-9a-f]{6}$")]


class LabelBody(BaseModel):
    """A new label."""

    model_config = body_config({"name": "refund", "colour": "#b3261e"})

    name: LabelIn
    colour: ColourIn | None = None


class LabelChangesBody(Changes):
    """What shall change of a label."""

    model_config = body_config({"name": "refunds", "colour": None})

    name: LabelIn | None = None
    colour: ColourIn | None = None


def add_label_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/labels` and one of them."""

    @app.get(
        _LABELS,
        operation_id="listLabels",
        summary="Every label of the account",
        description="500 at most, in alphabetical order.",
        tags=["labels"],
        response_model=LabelList,
        responses=errors(401, 403),
    )
    async def list_route(caller: CurrentPerson) -> JSONResponse:
        query = ListLabels(person=caller.person)
        found = await queries.ask(query, account_id=caller.account_id, answer=LabelList)
        return JSONResponse(found.model_dump(mode="json"))

    @app.post(
        _LABELS,
        operation_id="createLabel",
        summary="A new label",
        description="Agents make labels, too, unless the account's `labels_by_admins` says otherwise; "
        "putting one that is not there on a conversation makes it.",
        tags=["labels"],
        status_code=201,
        response_model=Label,
        responses=_ERRORS,
    )
    async def create_route(body: LabelBody, call: CurrentCall) -> JSONResponse:
        command = CreateLabel(actor=call.actor(), **body.model_dump())
        return await commanding(call, command, body=body, answer=Label, status=201)

    @app.patch(
        _LABEL,
        operation_id="updateLabel",
        summary="Give a label another name or colour",
        description="With another name it is so on conversations, too, one after the other.",
        tags=["labels"],
        response_model=Label,
        responses=_ERRORS,
    )
    async def update_route(label: LabelPath, body: LabelChangesBody, call: CurrentCall) -> JSONResponse:
        cleared = tuple(name for name in body.cleared() if name != "name")
        command = UpdateLabel(actor=call.actor(), label=label, cleared=cleared, **body.model_dump())
        return await commanding(call, command, body=body, answer=Label)

    @app.delete(
        _LABEL,
        operation_id="deleteLabel",
        summary="Take a label away",
        description="From conversations, too, one after the other.",
        tags=["labels"],
        response_model=Label,
        responses=_ERRORS,
    )
    async def delete_route(label: LabelPath, call: CurrentCall) -> JSONResponse:
        command = DeleteLabel(actor=call.actor(), label=label)
        return await commanding(call, command, answer=Label)
