"""What routes say about their errors in OpenAPI, and the parts of the document that FastAPI cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.domain import policy
from services.gateway.entrypoints import http_docs_webhooks
from services.gateway.entrypoints.http_errors import ErrorBody

_MEANINGS = {
    400: "A query that does not fit, or a body that cannot be read.",
    401: "No token, or one that does not count (any more).",
    403: "Not for this role.",
    404: "Not there, or not for the caller to know of.",
    408: "The body did not come in time.",
    409: "Not in this state, or changed by somebody else meanwhile.",
    413: "The body is too large.",
    415: "Not application/json; of a file, not a kind that is taken.",
    416: "The file ends before the part that was asked for.",
    422: "The body, or a header, does not fit.",
    429: "Too many requests; Retry-After says when to come back.",
    500: "A mistake of ours.",
    502: "The channel refused it, or is not connected.",
    503: "Broker or store are away and nothing was done; Retry-After says when to come back.",
    504: "Accepted, but not answered in time; the same Idempotency-Key fetches the answer.",
}

#: A file is nothing of a conversation until a message names it.
_CHANGES_NOTHING = frozenset({"uploadAttachment"})

Responses = dict[int | str, dict[str, Any]]

_REFERENCE = {"$ref": "#/components/schemas/ErrorBody"}
_CONTENT = {"application/json": {"schema": _REFERENCE}}


def errors(*statuses: int) -> Responses:
    """The error answers of a route, with those that every route has.

    They name the schema rather than the model: FastAPI would compile the model anew for every status of each
    route, a fifth of a second each time a gateway starts.
    """
    return {
        status: {"description": _MEANINGS[status], "content": _CONTENT}
        for status in sorted({*statuses, 408, 413, 500, 503})
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's, with the webhook, and with the token where the policy asks for one."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        webhooks = http_docs_webhooks.described(_MEANINGS, _REFERENCE)
        made["paths"] = {http_docs_webhooks.ADDRESS: webhooks, **made["paths"]}
        made["components"]["schemas"]["ErrorBody"] = ErrorBody.model_json_schema()
        made["components"]["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A person's access token (JWT), or an API key (`prl_…`).",
            }
        }
        _drop_foreign_errors(made)
        for address, path in made["paths"].items():
            for method, operation in path.items():
                _add_condition(address, method, operation)
                if policy.brings_token(operation["operationId"]):
                    operation["security"] = [{"bearer": []}]
                _complete(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _drop_foreign_errors(made: dict[str, Any]) -> None:
    """Take out the framework's own form of validation errors, which no route answers with."""
    for path in made["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        made["components"].get("schemas", {}).pop(name, None)


def _complete(operation: dict[str, Any]) -> None:
    """Add the errors that a kind of operation can always answer with, whatever its route says."""
    always = {400, 408, 413, 429, 500, 503}
    if operation.get("security"):
        always |= {401, 403}
    if "requestBody" in operation:
        always |= {415, 422}
    if any(parameter["in"] == "header" for parameter in operation.get("parameters", ())):
        always.add(422)
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        always.add(404)
    for status in always:
        answer = {"description": _MEANINGS[status], "content": _CONTENT}
        operation["responses"].setdefault(str(status), answer)


def _add_condition(address: str, method: str, operation: dict[str, Any]) -> None:
    """Every change of a conversation takes `If-Match`, and a thread `If-None-Match`: their code is one place,
    so this is, too.
    """
    if operation["operationId"] in {"getConversation", "getTicket"}:
        about = "A tag of an earlier answer: 304 while the thread is as it was."
        operation["parameters"].append(_header("If-None-Match", about))
    elif (
        method != "get"
        and ("{conversation_id}" in address or "{ticket_id}" in address)
        and operation["operationId"] not in _CHANGES_NOTHING
    ):
        about = "The thread's ETag: 409 `conflict` when the conversation was changed since."
        operation.setdefault("parameters", []).append(_header("If-Match", about))
        unreadable = {"description": _MEANINGS[400], "content": _CONTENT}
        operation["responses"].setdefault("400", unreadable)


def _header(name: str, about: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 256}
    return {"name": name, "in": "header", "required": False, "description": about, "schema": schema}
