"""Bodies about the account and its departments."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.directory import Department
from services.gateway.entrypoints.http_models import AnyId, body_config

Limit = Annotated[int, Field(ge=1, le=1000)]
AnyName = Annotated[str, Field(min_length=1, max_length=512, pattern=r"\S")]


class Changes(BaseModel):
    """A change of some fields: one that is left out stays, one that is null is emptied."""

    def cleared(self) -> tuple[str, ...]:
        """The fields that were given as null."""
        return tuple(sorted(name for name in self.model_fields_set if getattr(self, name) is None))


class AccountBody(Changes):
    """What shall change of the account."""

    model_config = body_config({"name": "Kettle & Co", "auto_assign": True, "agent_limit": 8})

    name: AnyName | None = None
    auto_assign: bool | None = Field(
        default=None, description="Whether conversations without a department are assigned by themselves."
    )
    agent_limit: Limit | None = Field(
        default=None, description="Open conversations that an agent may have then; null: any number."
    )
    labels_by_admins: bool | None = Field(
        default=None, description="Whether agents use the labels there are, and make none."
    )


class DepartmentBody(BaseModel):
    """A new department. Its id is what people and tickets name it by."""

    model_config = body_config(
        {"id": "Returns", "name": "Returns and refunds", "auto_assign": True, "agent_limit": 5}
    )

    id: Annotated[AnyId, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", max_length=64)]
    name: AnyName | None = None
    default_chatbot_id: AnyId | None = Field(
        default=None, description="The chatbot of tickets that name none."
    )
    auto_assign: bool = Field(
        default=False, description="Whether what is handed off to it is assigned by itself."
    )
    agent_limit: Limit | None = Field(
        default=None, description="Open conversations that an agent may have then; null: any number."
    )

    def department(self) -> Department:
        """As the directory has it."""
        return Department(**self.model_dump() | {"name": self.name or self.id})


class DepartmentChangesBody(Changes):
    """What shall change of a department."""

    model_config = body_config({"default_chatbot_id": "bot-kettle", "agent_limit": None})

    name: AnyName | None = None
    default_chatbot_id: AnyId | None = None
    auto_assign: bool | None = None
    agent_limit: Limit | None = None


class DepartmentList(BaseModel):
    """Every department of the account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "id": "Orders",
                            "name": "Orders",
                            "default_chatbot_id": "bot-kettle",
                            "auto_assign": True,
                            "agent_limit": 5,
                        }
                    ]
                }
            ]
        }
    )

    items: tuple[Department, ...]
