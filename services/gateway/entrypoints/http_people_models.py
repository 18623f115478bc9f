"""Bodies and filters about the people of an account."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role
from services.gateway.entrypoints.http_chatbots_models import PageQuery
from services.gateway.entrypoints.http_departments_models import AnyName
from services.gateway.entrypoints.http_models import AnyId, body_config

Email = Annotated[
    str,
    Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$"),
    AfterValidator(str.lower),
]
#: Long enough that guessing one is hopeless at the rate at which log-ins are limited.
NewPassword = Annotated[str, Field(min_length=12, max_length=1024, json_schema_extra={"format": "password"})]
RoleWord = Annotated[Role, Field(strict=False)]
Departments = Annotated[list[AnyId], Field(max_length=64)]


class PeopleQuery(PageQuery):
    """Which people."""

    role: Role | None = None
    department: AnyId | None = None
    search: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="What the email address or a word of the name begins with.",
    )


class PersonBody(BaseModel):
    """Somebody new. Without a password they log in by other means, or get one later."""

    model_config = body_config(
        {
            "email": "eli@kettle.test",
            "name": "Eli Brandt",
            "role": "agent",
            "departments": ["Orders"],
            "password": "eli-starts-on-monday",
        }
    )

    email: Email
    name: AnyName
    role: RoleWord
    departments: Departments = []
    password: NewPassword | None = None

    def person(self, person_id: str, account_id: str) -> Person:
        """As the directory has them."""
        return Person(id=person_id, account_id=account_id, **self.model_dump(exclude={"password"}))

    def without_password(self) -> "PersonBody":
        """What may be kept of it, be it as a digest."""
        return self.model_copy(update={"password": None})


class PersonChangesBody(BaseModel):
    """What shall change of a person; what is left out stays. Departments are replaced as a whole."""

    model_config = body_config({"role": "agent", "departments": ["Orders", "Technical"]})

    email: Email | None = None
    name: AnyName | None = None
    role: RoleWord | None = None
    departments: Departments | None = None
    active: bool | None = None


class PasswordBody(BaseModel):
    """A new password."""

    model_config = body_config({"password": "eli-likes-oolong-tea"})

    password: NewPassword
