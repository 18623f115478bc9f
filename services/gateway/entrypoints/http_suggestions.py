"""What the AI proposes, and what agents send: as proposed, changed, or their own."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from libs.contracts.base import Command
from libs.contracts.files import owned_by_conversation
from libs.contracts.messages import RetryMessage, WriteToContact
from libs.contracts.suggestions import (
    ApproveSuggestion,
    DraftRequested,
    GetSuggestion,
    RegenerateSuggestion,
    RejectSuggestion,
    SuggestionView,
    Wishes,
)
from services.gateway.entrypoints.http_commanding import Call, Commanding, CurrentCall
from services.gateway.entrypoints.http_conditions import if_match
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import Responses, errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_prefer import Prefer, wait_of
from services.gateway.entrypoints.http_suggestions_models import (
    ApproveBody,
    OwnReplyBody,
    RegenerateBody,
    RejectBody,
    harmless_html,
)
from services.gateway.use_cases.attach_files import AttachFiles
from services.gateway.use_cases.run_query import Queries
from services.gateway.use_cases.send_and_wait import SendAndWait, SentMessage

_CONVERSATION = "/api/v1/conversations/{conversation_id}"
_SENT: Responses = {
    202: {"model": SentMessage, "description": "Stored; whether the channel takes it is not known yet."}
}


def add_suggestion_routes(
    app: FastAPI, commanding: Commanding, queries: Queries, send: SendAndWait, attach: AttachFiles
) -> None:
    """`/api/v1/conversations/{id}/ai-suggestion`, `approve`, `reject`, `regenerate`, `reply`,
    `messages/{message_id}/retry`.
    """
    _add_reading(app, queries)
    _add_deciding(app, commanding)
    _add_sending(app, commanding, send, attach)


def _add_reading(app: FastAPI, queries: Queries) -> None:
    @app.get(
        f"{_CONVERSATION}/ai-suggestion",
        operation_id="getSuggestion",
        summary="The pending suggestion",
        tags=["suggestions"],
        response_model=SuggestionView,
        responses=errors(401, 403, 404),
    )
    async def suggestion_route(conversation_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetSuggestion(person=caller.person, conversation_id=conversation_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=SuggestionView)
        return JSONResponse(found.model_dump(mode="json"))


def _add_deciding(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        f"{_CONVERSATION}/reject",
        operation_id="rejectSuggestion",
        summary="Decide that a suggestion is not to be used",
        tags=["suggestions"],
        response_model=SuggestionView,
        responses=errors(400, 401, 403, 404, 409, 504),
    )
    async def reject_route(
        conversation_id: PathId,
        body: RejectBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = RejectSuggestion(actor=call.actor(), conversation_id=conversation_id, **body.model_dump())
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=SuggestionView,
        )

    @app.post(
        f"{_CONVERSATION}/regenerate",
        operation_id="regenerateSuggestion",
        summary="Ask for another suggestion",
        description="The present one is superseded. The new one is told by `conversation:ai_ready`, with the "
        "id that is answered here.",
        tags=["suggestions"],
        status_code=202,
        response_model=DraftRequested,
        responses=errors(401, 403, 404, 409, 504),
    )
    async def regenerate_route(
        conversation_id: PathId,
        body: RegenerateBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = RegenerateSuggestion(
            actor=call.actor(),
            conversation_id=conversation_id,
            message_id=body.message_id,
            wishes=Wishes(tone=body.tone, length=body.length, custom_prompt=body.custom_prompt),
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=DraftRequested,
            status=202,
        )


def _add_sending(app: FastAPI, commanding: Commanding, send: SendAndWait, attach: AttachFiles) -> None:
    async def sent(
        call: Call,
        prefer: str | None,
        body: BaseModel | None,
        conversation_id: str,
        command: Command,
    ) -> JSONResponse:
        seconds, applied = wait_of(prefer)
        command_id = commanding.command_id(call)
        seen = if_match(call.request)

        async def work() -> SentMessage:
            return await send(call.caller, command, conversation_id, command_id, seconds, seen)

        return await commanding.once(
            call,
            command_id,
            body,
            work,
            status_of=lambda answer: 200 if answer["accepted"] else 202,
            headers={"Preference-Applied": applied} if applied else None,
        )

    @app.post(
        f"{_CONVERSATION}/approve",
        operation_id="approveSuggestion",
        summary="Send a suggestion, as it is or changed",
        description="Waits up to 10 s for the channel (see `Prefer`): 200 when it accepted, 502 when it "
        "refused for good (the suggestion is pending again), otherwise 202.",
        tags=["suggestions"],
        response_model=SentMessage,
        responses={**errors(400, 401, 403, 404, 409, 502, 504), **_SENT},
    )
    async def approve_route(
        conversation_id: PathId,
        body: ApproveBody,
        call: CurrentCall,
        prefer: Prefer = None,
    ) -> JSONResponse:
        command = ApproveSuggestion(actor=call.actor(), conversation_id=conversation_id, **body.model_dump())
        return await sent(call, prefer, body, conversation_id, command)

    @app.post(
        f"{_CONVERSATION}/reply",
        operation_id="writeReply",
        summary="Send a reply of one's own",
        description="Also while the conversation is active: where the AI answers by itself, the sender takes "
        "over. Waits like `approve`.",
        tags=["suggestions"],
        response_model=SentMessage,
        responses={**errors(401, 403, 404, 409, 422, 502, 504), **_SENT},
    )
    async def reply_route(
        conversation_id: PathId,
        body: OwnReplyBody,
        call: CurrentCall,
        prefer: Prefer = None,
    ) -> JSONResponse:
        owner = owned_by_conversation(conversation_id)
        command = WriteToContact(
            actor=call.actor(),
            conversation_id=conversation_id,
            content=body.said,
            subject=body.subject,
            body_html=harmless_html(body.body_html),
            attachments=await attach(call.account_id, owner, body.attachments, conversation_id),
            template=body.template.as_contract() if body.template else None,
        )
        return await sent(call, prefer, body, conversation_id, command)

    @app.post(
        f"{_CONVERSATION}/messages/{{message_id}}/retry",
        operation_id="retryMessage",
        summary="Send a failed or unknown message once more",
        description="It goes last among what waits for this conversation. Waits like `approve`.",
        tags=["suggestions"],
        response_model=SentMessage,
        responses={**errors(401, 403, 404, 409, 502, 504), **_SENT},
    )
    async def retry_route(
        conversation_id: PathId,
        message_id: PathId,
        call: CurrentCall,
        prefer: Prefer = None,
    ) -> JSONResponse:
        command = RetryMessage(actor=call.actor(), conversation_id=conversation_id, message_id=message_id)
        return await sent(call, prefer, None, conversation_id, command)
