"""One thing done with many conversations."""

from typing import Annotated, Literal

from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from libs.contracts.base import Actor, Command
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.messages import WriteToContact
from libs.contracts.organising import LabelConversation
from libs.contracts.workflow import ArchiveConversation, AssignConversation, CloseConversation
from services.gateway.domain import policy
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import AnyId, Said, body_config
from services.gateway.entrypoints.http_organising_models import LabelsList
from services.gateway.use_cases.bulk_commands import MOST, BulkCommands, BulkResult, PartlyDoneError

_IDS = ["01a1f9cd55c67b0a9c3d4e5f60718a3f1"]


class Many(BaseModel):
    """Which conversations; one that is named twice counts once."""

    model_config = body_config({"action": "archive", "conversation_ids": _IDS})

    conversation_ids: list[AnyId] = Field(min_length=1, max_length=MOST)


class ArchiveMany(Many):
    """Put them out of sight."""

    action: Literal["archive"]
    reason: str | None = Field(default=None, max_length=1024)

    def command(self, actor: Actor, conversation_id: str) -> Command:
        """For one of them."""
        return ArchiveConversation(actor=actor, conversation_id=conversation_id, reason=self.reason)


class CloseMany(Many):
    """Close them."""

    model_config = body_config({"action": "close", "conversation_ids": _IDS, "reason": "Season is over."})

    action: Literal["close"]
    reason: str | None = Field(default=None, max_length=1024)

    def command(self, actor: Actor, conversation_id: str) -> Command:
        """For one of them."""
        return CloseConversation(actor=actor, conversation_id=conversation_id, reason=self.reason)


class AssignMany(Many):
    """Give them to an agent; null: to nobody."""

    model_config = body_config({"action": "assign", "conversation_ids": _IDS, "agent_id": "agent-caro"})

    action: Literal["assign"]
    agent_id: AnyId | None

    def command(self, actor: Actor, conversation_id: str) -> Command:
        """For one of them."""
        return AssignConversation(actor=actor, conversation_id=conversation_id, agent_id=self.agent_id)


class LabelMany(Many):
    """Put labels on them, and take labels off."""

    model_config = body_config({"action": "label", "conversation_ids": _IDS, "add": ["refund"]})

    action: Literal["label"]
    add: LabelsList = Field(default_factory=list)
    remove: LabelsList = Field(default_factory=list)

    def command(self, actor: Actor, conversation_id: str) -> Command:
        """For one of them."""
        return LabelConversation(
            actor=actor,
            conversation_id=conversation_id,
            add=tuple(self.add),
            remove=tuple(self.remove),
        )


class ReplyMany(Many):
    """Send the same reply to all of them, as each could be replied to by itself."""

    model_config = body_config(
        {"action": "reply", "conversation_ids": _IDS, "body": "The kettles are back in stock."}
    )

    action: Literal["reply"]
    body: Said

    def command(self, actor: Actor, conversation_id: str) -> Command:
        """For one of them."""
        return WriteToContact(actor=actor, conversation_id=conversation_id, content=self.body)


BulkBody = Annotated[
    ArchiveMany | CloseMany | AssignMany | LabelMany | ReplyMany, Body(discriminator="action")
]


def add_bulk_route(app: FastAPI, commanding: Commanding, bulk: BulkCommands) -> None:
    """`/api/v1/conversations/bulk`."""

    @app.post(
        "/api/v1/conversations/bulk",
        operation_id="bulkConversations",
        summary="Archive, close, assign, label or reply to many conversations",
        description="100 at most, each by its own rules and with a result of its own. Where some could not "
        "be done for a passing reason (`unavailable`, `outcome_unknown`), the same request with the same "
        "Idempotency-Key does what is left, and nothing twice.",
        tags=["conversations"],
        response_model=BulkResult,
        responses=errors(401, 403, 415, 422),
    )
    async def bulk_route(body: BulkBody, call: CurrentCall) -> JSONResponse:
        # A key that may archive may not reply by that alone.
        if isinstance(body, ReplyMany) and not policy.may_call(
            "writeReply", call.caller.role, call.caller.scopes
        ):
            raise DomainError(ErrorCode.FORBIDDEN, "This key may not reply.")
        command_id = commanding.command_id(call)
        actor = call.actor()

        def command_of(conversation_id: str) -> Command:
            return body.command(actor, conversation_id)

        async def work() -> BulkResult:
            return await bulk(call.caller, body.conversation_ids, command_of, command_id=command_id)

        try:
            return await commanding.once(call, command_id, body, work)
        except PartlyDoneError as partly:
            return JSONResponse(partly.result.model_dump(mode="json"))
