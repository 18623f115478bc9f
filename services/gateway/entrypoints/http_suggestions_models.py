"""Bodies about suggestions and replies."""

from typing import Literal

from pydantic import BaseModel, Field

from services.gateway.entrypoints.http_models import AnyId, Said, body_config


class OwnReplyBody(BaseModel):
    """A reply of the agent's own."""

    model_config = body_config({"body": "Your kettle is on its way."})

    body: Said


class ApproveBody(BaseModel):
    """Which suggestion, and its text where that was changed."""

    model_config = body_config(
        {"suggestion_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11", "edited_body": "Two to three days, Mira."}
    )

    suggestion_id: AnyId
    edited_body: Said | None = None


class RejectBody(BaseModel):
    """Which suggestion, and why not."""

    model_config = body_config(
        {"suggestion_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11", "reason": "She asked about returns."}
    )

    suggestion_id: AnyId
    reason: str | None = Field(default=None, max_length=1024)


class RegenerateBody(BaseModel):
    """For which message of the contact, and how."""

    model_config = body_config(
        {"message_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e12", "tone": "friendly", "length": "short"}
    )

    message_id: AnyId
    tone: Literal["neutral", "friendly", "formal"] | None = None
    length: Literal["short", "medium", "long"] | None = None
    custom_prompt: str | None = Field(default=None, min_length=1, max_length=2_000)
