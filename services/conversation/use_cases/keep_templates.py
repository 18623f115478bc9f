"""Templates are written, changed and taken away."""

from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.templates import (
    CreateTemplate,
    DeleteTemplate,
    Template,
    TemplateFields,
    UpdateTemplate,
)
from services.conversation.domain.policy import require_team
from services.conversation.domain.templating import check_keeper, may_use, variables_of
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.ports import Call, NewId, Transaction

#: Templates of one account.
MOST_TEMPLATES = 2_000


@dataclass(frozen=True)
class WriteTemplate:
    """Takes CreateTemplate."""

    new_id: NewId

    async def __call__(self, command: CreateTemplate, call: Call, tx: Transaction) -> Template:
        """Raises DomainError `forbidden`, `invalid`, `conflict`."""
        fields = command.template
        check_keeper(command.actor, fields.department)
        template = Template(
            **fields.model_dump(),
            id=self.new_id(),
            variables=variables_of(fields.content),
            created_by=command.actor.id,
            created_at=call.now,
            updated_at=call.now,
        )
        await _check(template, tx)
        if await tx.count_templates() >= MOST_TEMPLATES:
            raise DomainError(ErrorCode.INVALID, f"an account has at most {MOST_TEMPLATES} templates")
        await tx.put_template(template)
        return template


async def update_template(command: UpdateTemplate, call: Call, tx: Transaction) -> Template:
    """Raises DomainError `not_found`, `forbidden`, `invalid`, `conflict`."""
    known = await _load(command, tx)
    fields: TemplateFields = command.template
    check_keeper(command.actor, fields.department)
    changes = fields.model_dump() | {"variables": variables_of(fields.content), "updated_at": call.now}
    template = known.model_copy(update=changes)
    await _check(template, tx)
    await tx.put_template(template)
    return template


async def delete_template(command: DeleteTemplate, _: Call, tx: Transaction) -> Template:
    """Raises DomainError `not_found`, `forbidden`."""
    template = await _load(command, tx)
    await tx.delete_template(template.id)
    return template


async def _load(command: UpdateTemplate | DeleteTemplate, tx: Transaction) -> Template:
    require_team(command.actor)
    template = await tx.template(command.template_id)
    if template is None or not may_use(command.actor, template):
        raise no_template()
    check_keeper(command.actor, template.department)
    return template


async def _check(template: Template, tx: Transaction) -> None:
    if template.department is not None:
        await check_departments([template.department], tx)
    if template.shortcut is not None:
        other = await tx.template_of_shortcut(template.shortcut)
        if other is not None and other.id != template.id:
            raise DomainError(ErrorCode.CONFLICT, "another template has this shortcut")


def no_template() -> DomainError:
    """What everybody hears who asks for a template that does not exist for them."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such template")
