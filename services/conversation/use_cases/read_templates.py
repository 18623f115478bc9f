"""Templates, for those who write replies, and how one reads in a conversation."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.templates import (
    GetTemplate,
    ListTemplates,
    RenderedTemplate,
    RenderTemplate,
    Template,
    TemplatePage,
)
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.policy import Action, actor_of, not_found, require, require_team
from services.conversation.domain.templating import may_use, render, values_for
from services.conversation.use_cases.contact_ports import Contacts
from services.conversation.use_cases.keep_templates import no_template
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Conversations
from services.conversation.use_cases.template_ports import Templates


@dataclass(frozen=True)
class ListTemplatesForPerson:
    """Takes ListTemplates."""

    templates: Templates

    async def __call__(self, query: ListTemplates, call: Call) -> TemplatePage:
        """A page of them. Raises DomainError `forbidden` for somebody who does not work here."""
        actor = _worker(query.person, call)
        # One more than the page shows whether there is a next one.
        found = await self.templates.templates(
            call.account_id,
            departments=None if _everything(actor) else frozenset(actor.departments),
            department=query.department,
            shortcut=query.shortcut,
            after=query.after,
            limit=query.limit + 1,
        )
        shown = tuple(found[: query.limit])
        return TemplatePage(items=shown, next_after=shown[-1].id if len(found) > len(shown) else None)


@dataclass(frozen=True)
class GetTemplateForPerson:
    """Takes GetTemplate."""

    templates: Templates

    async def __call__(self, query: GetTemplate, call: Call) -> Template:
        """Raises DomainError `forbidden`, `not_found`."""
        return await _usable(self.templates, query.person, query.template_id, call)


@dataclass(frozen=True)
class RenderForPerson:
    """Takes RenderTemplate."""

    templates: Templates
    conversations: Conversations
    contacts: Contacts

    async def __call__(self, query: RenderTemplate, call: Call) -> RenderedTemplate:
        """Raises DomainError `forbidden`, and `not_found` for a template or a conversation."""
        template = await _usable(self.templates, query.person, query.template_id, call)
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.REPLY)
        contact = await self.contacts.contact(call.account_id, conversation.contact.id)
        person = query.person
        values = values_for(conversation, contact, name=person.name or person.email, email=person.email)
        rendered = render(template.content, values)
        return RenderedTemplate(
            template_id=template.id,
            conversation_id=conversation.id,
            content=rendered.content,
            missing=rendered.missing,
        )


async def _usable(templates: Templates, person: Person, template_id: str, call: Call) -> Template:
    actor = _worker(person, call)
    template = await templates.template(call.account_id, template_id)
    if template is None or not may_use(actor, template):
        raise no_template()
    return template


def _worker(person: Person, call: Call) -> Actor:
    actor = actor_of(person, call.account_id)
    require_team(actor)
    return actor


def _everything(actor: Actor) -> bool:
    return actor.kind is ActorKind.API_KEY or actor.role is Role.ADMIN
