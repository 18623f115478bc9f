"""API keys: made, listed and revoked by whoever runs the account."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.contracts.api_keys import Scope
from services.gateway.domain.api_keys import ApiKey
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import _said, body_config
from services.gateway.entrypoints.http_moments import AnyMoment
from services.gateway.use_cases.create_api_key import CreateApiKey
from services.gateway.use_cases.list_api_keys import ListApiKeys
from services.gateway.use_cases.revoke_api_key import RevokeApiKey

_PATH = "/api/v1/api-keys"
_EXAMPLE: dict[str, Any] = {
    "id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11",
    "name": "Reporting",
    "scopes": ["conversations:read", "stats"],
    "created_by": "admin-dora",
    "created_at": "2026-11-20T14:00:00Z",
    "expires_at": "2027-11-20T14:00:00Z",
    "revoked_at": None,
    "last_used_at": None,
}


class ApiKeyBody(BaseModel):
    """What the key is for, and what it may do. Without `expires_at` it counts until it is revoked."""

    model_config = body_config(
        {
            "name": "Reporting",
            "scopes": ["conversations:read", "stats"],
            "expires_at": "2030-11-20T14:00:00Z",
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_said)]
    scopes: list[Annotated[Scope, Field(strict=False)]] = Field(min_length=1, max_length=len(Scope))
    expires_at: AnyMoment | None = Field(default=None, strict=False)


class ApiKeyView(BaseModel):
    """A key without its secret. `last_used_at` may be a minute old."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyView":
        """What may be seen of it."""
        return cls(**_fields(key))


class MadeApiKey(ApiKeyView):
    """A new key; `token` is told this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_EXAMPLE, "token": "prl_0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11.q9L0…"}]
        }
    )

    token: str


class ApiKeyPage(BaseModel):
    """Keys, the newest first."""

    items: list[ApiKeyView]
    next_cursor: str | None


class ApiKeysQuery(BaseModel):
    """Which part of the list."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cursor: str | None = Field(default=None, min_length=1, max_length=256)
    page_size: int = Field(default=20, ge=1, le=100)


def add_api_key_routes(
    app: FastAPI, create: CreateApiKey, list_keys: ListApiKeys, revoke: RevokeApiKey, commanding: Commanding
) -> None:
    """`/api/v1/api-keys` and one of them."""

    @app.post(
        _PATH,
        operation_id="createApiKey",
        summary="Make an API key",
        description="The token is told once; what is stored is a digest. It goes where a person's access "
        "token goes: `Authorization: Bearer prl_…`. A key that makes keys gives only scopes of its own.",
        tags=["api keys"],
        status_code=201,
        response_model=MadeApiKey,
        responses=errors(401, 403, 409, 415, 422),
    )
    async def create_route(body: ApiKeyBody, call: CurrentCall) -> JSONResponse:
        key_id = commanding.command_id(call)

        async def work() -> MadeApiKey:
            made = await create(
                call.caller,
                id=key_id,
                name=body.name,
                scopes=frozenset(body.scopes),
                expires_at=body.expires_at,
            )
            return MadeApiKey(**_fields(made.key), token=made.token)

        return await commanding.once(call, key_id, body, work, status=201)

    @app.get(
        _PATH,
        operation_id="listApiKeys",
        summary="The account's API keys, revoked ones included",
        tags=["api keys"],
        response_model=ApiKeyPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(asked: Annotated[ApiKeysQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        page = await list_keys(caller, cursor=asked.cursor, page_size=asked.page_size)
        answer = ApiKeyPage(items=[ApiKeyView.of(one) for one in page.keys], next_cursor=page.next_cursor)
        return JSONResponse(answer.model_dump(mode="json"))

    @app.delete(
        f"{_PATH}/{{key_id}}",
        operation_id="revokeApiKey",
        summary="Revoke an API key",
        description="It counts no more from the next request on, and its sockets are closed.",
        tags=["api keys"],
        response_model=ApiKeyView,
        responses=errors(401, 403, 404),
    )
    async def revoke_route(key_id: PathId, caller: CurrentPerson) -> JSONResponse:
        key = await revoke(caller, key_id)
        return JSONResponse(ApiKeyView.of(key).model_dump(mode="json"))


def _fields(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
