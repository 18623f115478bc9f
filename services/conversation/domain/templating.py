"""The variables of templates: `{{contact.first_name}}`, or with a fallback `{{contact.first_name|there}}`.

A value is put in as it is and never looked at again: what a contact calls themselves is no template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.frames import first_name
from libs.contracts.templates import Template
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.contact import Contact
from services.conversation.domain.conversation import Conversation

#: All there are.
VARIABLES = (
    "agent.email",
    "agent.first_name",
    "agent.name",
    "chatbot.name",
    "contact.email",
    "contact.first_name",
    "contact.name",
    "contact.phone",
    "conversation.department",
    "conversation.id",
    "conversation.subject",
)
#: Uses of variables in one template.
MOST_USES = 100

_USE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|([^{}|]*))?\}\}")


@dataclass(frozen=True)
class Rendered:
    """A template's text, and which variables had nothing to say."""

    content: str
    missing: tuple[str, ...]


def variables_of(content: str) -> tuple[str, ...]:
    """The variables that a template names, in alphabetical order. Raises DomainError `invalid` for one that
    there is not, for braces that are no variable, and for too many.
    """
    used = [use[1] for use in _USE.finditer(content)]
    if len(used) > MOST_USES:
        raise DomainError(ErrorCode.INVALID, f"a template uses variables {MOST_USES} times at most")
    unknown = sorted(set(used) - set(VARIABLES))
    if unknown:
        named = ", ".join(one[:64] or "(nothing)" for one in unknown[:5])
        raise DomainError(
            ErrorCode.INVALID, f"there is no variable {named}; there are {', '.join(VARIABLES)}"
        )
    rest = _USE.sub("", content)
    if "{{" in rest or "}}" in rest:
        raise DomainError(ErrorCode.INVALID, "a variable is written {{contact.name}}")
    return tuple(sorted(set(used)))


def render(content: str, values: Mapping[str, str]) -> Rendered:
    """Put the values in; where there is none, the fallback."""
    missing: list[str] = []

    def value_of(use: re.Match[str]) -> str:
        value = values.get(use[1], "")
        if value:
            return value
        if use[2] is None:
            missing.append(use[1])
        return use[2] or ""

    return Rendered(_USE.sub(value_of, content), tuple(sorted(set(missing))))


def values_for(
    conversation: Conversation, contact: Contact | None, *, name: str, email: str
) -> dict[str, str]:
    """What the variables say in a conversation, for the agent of this name and address."""
    shown = contact.shown_name if contact else conversation.contact.name
    return {
        "agent.email": email,
        "agent.first_name": first_name(name),
        "agent.name": name,
        "chatbot.name": conversation.chatbot_name,
        "contact.email": (contact.email if contact else None) or "",
        "contact.first_name": first_name(shown),
        "contact.name": shown,
        "contact.phone": (contact.phone if contact else None) or "",
        "conversation.department": conversation.department or "",
        "conversation.id": conversation.id,
        "conversation.subject": conversation.subject or "",
    }


def check_keeper(actor: Actor, department: str | None) -> None:
    """Raise DomainError `forbidden` unless the actor may write templates of a department, or, without one, of
    the whole account: agents look after those of their own departments, admins and API keys after all.
    """
    if actor.kind is ActorKind.API_KEY or (actor.kind is ActorKind.AGENT and actor.role is Role.ADMIN):
        return
    mine = actor.kind is ActorKind.AGENT and actor.role is Role.AGENT and department in actor.departments
    if not mine:
        raise DomainError(ErrorCode.FORBIDDEN, "templates of the account, or of others, are for admins")


def may_use(actor: Actor, template: Template) -> bool:
    """Whether the actor, who works for the account, sees a template."""
    everything = actor.kind is ActorKind.API_KEY or actor.role is Role.ADMIN
    return everything or template.department is None or template.department in actor.departments
