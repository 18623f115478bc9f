"""Bodies and queries of the ticket API."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.contracts.vocabulary import Feedback, TicketStatus
from services.gateway.entrypoints.http_models import AnyId, Said, _said, body_config


class TicketBody(BaseModel):
    """What a user asks for help with. Without `chatbot_id` the department's default chatbot takes it."""

    model_config = body_config(
        {"department": "IT", "subject": "No network", "content": "The docking station has no network."}
    )

    department: AnyId
    subject: Annotated[str, Field(min_length=1, max_length=998), AfterValidator(_said)]
    content: Said
    chatbot_id: AnyId | None = None


class TicketAssignBody(BaseModel):
    """The agent who shall have it."""

    model_config = body_config({"agent_id": "agent-ana"})

    agent_id: AnyId


class FeedbackBody(BaseModel):
    """What a reader thinks of a message of the AI; `none` takes it back."""

    model_config = body_config({"feedback": "up"})

    feedback: Feedback = Field(strict=False)


class TicketListQuery(BaseModel):
    """Which tickets. A filter that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    department: AnyId | None = Field(default=None, description="Another department than one's own: 403.")
    status: TicketStatus | None = None
    page: int = Field(default=1, ge=1, le=10_000)
    page_size: int = Field(default=20, ge=1, le=100)
