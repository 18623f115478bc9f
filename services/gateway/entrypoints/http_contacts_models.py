"""Bodies and filters about contacts."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.contacts import Attributes
from services.gateway.entrypoints.http_models import AnyId, body_config

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]


class ContactsQuery(BaseModel):
    """Which contacts."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    search: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="What a word of the name, the email address, the phone number or an alias begins with.",
    )
    cursor: str | None = Field(
        default=None, min_length=1, max_length=512, description="`next_cursor` of an earlier page."
    )
    page_size: int = Field(default=20, ge=1, le=100)


class MergeBody(BaseModel):
    """The contact that stays."""

    model_config = body_config({"into": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11"})

    into: AnyId


class ContactBody(BaseModel):
    """What shall change. A field that is left out stays, one that is null is emptied; `attributes` are
    replaced as a whole.
    """

    model_config = body_config({"name": "Mira Sand", "value": 1200, "attributes": {"plan": "pro"}})

    name: str | None = Field(default=None, min_length=1, max_length=512)
    value: Finite | None = None
    attributes: Attributes | None = None
    email: str | None = Field(default=None, min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(default=None, min_length=3, max_length=64, pattern=r"^\+?[0-9 ()./-]+$")

    def cleared(self) -> tuple[str, ...]:
        """The fields that were given as null."""
        return tuple(sorted(name for name in self.model_fields_set if getattr(self, name) is None))
