"""Templates of replies, and what agents have begun to write."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.drafts import DeleteDraft, DraftDeleted, GetDraft, ReplyDraft, SaveDraft
from libs.contracts.templates import (
    LONGEST_TEMPLATE,
    SHORTCUT,
    CreateTemplate,
    DeleteTemplate,
    GetTemplate,
    ListTemplates,
    RenderedTemplate,
    RenderTemplate,
    Template,
    TemplateFields,
    TemplatePage,
    UpdateTemplate,
)
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import AnyId, Said, body_config
from services.gateway.use_cases.run_query import Queries

_TEMPLATES = "/api/v1/templates"
_TEMPLATE = f"{_TEMPLATES}/{{template_id}}"
_DRAFT = "/api/v1/conversations/{conversation_id}/draft"
_ERRORS = errors(401, 403, 404, 409, 415, 422, 504)


class TemplateBody(BaseModel):
    """A template. Variables are written `{{contact.first_name}}`, with a fallback
    `{{contact.first_name|there}}`.
    """

    model_config = body_config(
        {
            "name": "Greeting",
            "content": "Hello {{contact.first_name|there}}, this is {{agent.first_name}}.",
            "shortcut": "hi",
            "department": "Orders",
        }
    )

    name: Annotated[Said, Field(max_length=120)]
    content: Annotated[Said, Field(max_length=LONGEST_TEMPLATE)]
    shortcut: str | None = Field(default=None, max_length=32, pattern=SHORTCUT)
    department: AnyId | None = None

    def fields(self) -> TemplateFields:
        """The same, for the command."""
        return TemplateFields(**self.model_dump())


class TemplatesQuery(BaseModel):
    """Which templates."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    department: AnyId | None = None
    shortcut: str | None = Field(
        default=None, min_length=1, max_length=32, description="What the shortcut begins with."
    )
    limit: int = Field(default=50, ge=1, le=100)
    after: AnyId | None = Field(default=None, description="`next_after` of an earlier page.")


class PreviewQuery(BaseModel):
    """Where it would be sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    conversation_id: AnyId


class DraftBody(BaseModel):
    """What has been written so far."""

    model_config = body_config({"body": "Dear Mira, about your kettle"})

    body: str = Field(min_length=1, max_length=65_536)


def add_template_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/templates`, one of them, and `/api/v1/conversations/{id}/draft`."""
    _add_reading(app, queries)
    _add_writing(app, commanding)
    _add_drafts(app, queries, commanding)


def _add_reading(app: FastAPI, queries: Queries) -> None:
    @app.get(
        _TEMPLATES,
        operation_id="listTemplates",
        summary="The templates that the caller may use",
        description="Those of the account and of the caller's departments; admins see all.",
        tags=["templates"],
        response_model=TemplatePage,
        responses=errors(400, 401, 403),
    )
    async def list_route(asked: Annotated[TemplatesQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListTemplates(person=caller.person, **asked.model_dump())
        page = await queries.ask(query, account_id=caller.account_id, answer=TemplatePage)
        return JSONResponse(page.model_dump(mode="json"))

    @app.get(
        _TEMPLATE,
        operation_id="getTemplate",
        summary="One template",
        tags=["templates"],
        response_model=Template,
        responses=errors(401, 403, 404),
    )
    async def get_route(template_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetTemplate(person=caller.person, template_id=template_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=Template)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        f"{_TEMPLATE}/preview",
        operation_id="previewTemplate",
        summary="How a template reads in a conversation, sent by the caller",
        description="`missing` names variables without a value and without a fallback.",
        tags=["templates"],
        response_model=RenderedTemplate,
        responses=errors(400, 401, 403, 404),
    )
    async def preview_route(
        template_id: PathId, asked: Annotated[PreviewQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = RenderTemplate(
            person=caller.person, template_id=template_id, conversation_id=asked.conversation_id
        )
        found = await queries.ask(query, account_id=caller.account_id, answer=RenderedTemplate)
        return JSONResponse(found.model_dump(mode="json"))


def _add_writing(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        _TEMPLATES,
        operation_id="createTemplate",
        summary="Write a template",
        description="Agents write those of their departments, admins all. 422 names variables that there are "
        "not, 409 is a shortcut that another template has.",
        tags=["templates"],
        status_code=201,
        response_model=Template,
        responses=_ERRORS,
    )
    async def create_route(body: TemplateBody, call: CurrentCall) -> JSONResponse:
        command = CreateTemplate(actor=call.actor(), template=body.fields())
        return await commanding(call, command, body=body, answer=Template, status=201)

    @app.put(
        _TEMPLATE,
        operation_id="updateTemplate",
        summary="Write a template anew",
        tags=["templates"],
        response_model=Template,
        responses=_ERRORS,
    )
    async def update_route(
        template_id: PathId,
        body: TemplateBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = UpdateTemplate(actor=call.actor(), template_id=template_id, template=body.fields())
        return await commanding(call, command, body=body, answer=Template)

    @app.delete(
        _TEMPLATE,
        operation_id="deleteTemplate",
        summary="Take a template away",
        tags=["templates"],
        response_model=Template,
        responses=_ERRORS,
    )
    async def delete_route(template_id: PathId, call: CurrentCall) -> JSONResponse:
        command = DeleteTemplate(actor=call.actor(), template_id=template_id)
        return await commanding(call, command, answer=Template)


def _add_drafts(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    @app.get(
        _DRAFT,
        operation_id="getDraft",
        summary="What the caller has begun to write",
        description="Each has a draft of their own, which nobody else sees. 404 without one.",
        tags=["templates"],
        response_model=ReplyDraft,
        responses=errors(401, 403, 404),
    )
    async def get_route(conversation_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetDraft(person=caller.person, conversation_id=conversation_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=ReplyDraft)
        return JSONResponse(found.model_dump(mode="json"))

    @app.put(
        _DRAFT,
        operation_id="saveDraft",
        summary="Keep what the caller has begun to write",
        tags=["templates"],
        response_model=ReplyDraft,
        responses=_ERRORS,
    )
    async def save_route(
        conversation_id: PathId,
        body: DraftBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = SaveDraft(actor=call.actor(), conversation_id=conversation_id, content=body.body)
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ReplyDraft,
        )

    @app.delete(
        _DRAFT,
        operation_id="deleteDraft",
        summary="Forget what the caller has begun to write",
        tags=["templates"],
        response_model=DraftDeleted,
        responses=_ERRORS,
    )
    async def delete_route(conversation_id: PathId, call: CurrentCall) -> JSONResponse:
        command = DeleteDraft(actor=call.actor(), conversation_id=conversation_id)
        return await commanding(call, command, conversation_id=conversation_id, answer=DraftDeleted)
