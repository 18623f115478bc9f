"""Bodies about status and assignment."""

from pydantic import BaseModel, Field

from services.gateway.entrypoints.http_models import AnyId, body_config


class ReasonBody(BaseModel):
    """Why, for the timeline. Everybody who may see the conversation can read it."""

    model_config = body_config({"reason": "The parcel has arrived."})

    reason: str | None = Field(default=None, max_length=1024)


class HandOffBody(ReasonBody):
    """Why, and to which department; without one it stays where it is."""

    model_config = body_config({"reason": "Needs a technician.", "department": "Technical"})

    department: AnyId | None = None


class AssignBody(BaseModel):
    """Whose it is from now on; null: nobody's."""

    model_config = body_config({"agent_id": "agent-caro"})

    agent_id: AnyId | None


class TransferBody(ReasonBody):
    """To which department, and there to which agent; without one it waits for somebody."""

    model_config = body_config(
        {"department": "Technical", "agent_id": "agent-caro", "reason": "Needs a technician."}
    )

    department: AnyId
    agent_id: AnyId | None = None
