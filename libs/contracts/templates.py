"""Templates: replies that agents send again and again, with variables such as `{{contact.first_name}}`.

Commands go to the partition of the account.
"""

from datetime import datetime

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query
from libs.contracts.conversation import Person

#: Characters of a template.
LONGEST_TEMPLATE = 10_000
#: What an agent types to find one: small letters, digits, - and _.
SHORTCUT = r"^[a-z0-9][a-z0-9_-]{0,31}$"


class TemplateFields(Contract):
    """What people write down. Without a department it is for everybody of the account. A `shortcut` is one
    template's.
    """

    name: str = Field(min_length=1, max_length=120)
    content: str = Field(min_length=1, max_length=LONGEST_TEMPLATE)
    shortcut: str | None = Field(default=None, pattern=SHORTCUT)
    department: Id | None = None


class Template(TemplateFields):
    """A template as it is kept. `variables` are those that its content names."""

    id: Id
    variables: tuple[str, ...] = Field(default=(), max_length=100)
    created_by: Id
    created_at: datetime
    updated_at: datetime


class CreateTemplate(Command, type="create_template.v1"):
    """A new one. Refused with `invalid` for a variable that there is not, and with `conflict` for a shortcut
    that another one has. Answered with the template.
    """

    template: TemplateFields


class UpdateTemplate(Command, type="update_template.v1"):
    """Replace what is written down. Answered with the template."""

    template_id: Id
    template: TemplateFields


class DeleteTemplate(Command, type="delete_template.v1"):
    """Take it away. Answered with the template as it was."""

    template_id: Id


class ListTemplates(Query, type="list_templates.v1"):
    """Templates that the person may use, by id from `after` on; of one department, or with a shortcut that
    begins so.
    """

    person: Person
    department: Id | None = None
    shortcut: str | None = Field(default=None, max_length=32)
    limit: int = Field(default=50, ge=1, le=100)
    after: Id | None = None


class TemplatePage(Contract):
    """The answer to ListTemplates, and the `after` of the next page."""

    items: tuple[Template, ...]
    next_after: Id | None = None


class GetTemplate(Query, type="get_template.v1"):
    """One that the person may use; `not_found` otherwise."""

    person: Person
    template_id: Id


class RenderTemplate(Query, type="render_template.v1"):
    """How it reads in a conversation, for the person who would send it."""

    person: Person
    template_id: Id
    conversation_id: Id


class RenderedTemplate(Contract):
    """The answer to RenderTemplate. `missing` names the variables that have no value here and no fallback:
    nothing stands in their place.
    """

    template_id: Id
    conversation_id: Id
    content: str
    missing: tuple[str, ...] = ()
