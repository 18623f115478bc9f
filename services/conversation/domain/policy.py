"""Who may do what with a conversation: every service method asks here, and nobody else decides.

What somebody may not know of does not exist for them (`not_found`); what they know of but may not do is
`forbidden`. An API key is somebody of the team of the whole account: its scopes, which the gateway checks,
say which operations it may call.
"""

from dataclasses import dataclass
from enum import StrEnum

from libs.contracts.access import may_see
from libs.contracts.api_keys import KEY_ROLE
from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.status_machine import StatusCommand


class Action(StrEnum):
    """What can be done with a conversation."""

    READ = "read"
    REPLY = "reply"
    ANSWER = "answer"
    HAND_OFF = "hand_off"
    CHANGE_STATUS = "change_status"
    RESOLVE = "resolve"
    ASSIGN = "assign"
    RELEASE = "release"
    ORGANISE = "organise"
    SUGGEST = "suggest"
    ACKNOWLEDGE = "acknowledge"
    WRITE_TICKET = "write_ticket"
    GIVE_FEEDBACK = "give_feedback"
    EXPIRE = "expire"
    RECORD_FILES = "record_files"


_ALLOWED: dict[Action, frozenset[ActorKind]] = {
    Action.READ: frozenset({ActorKind.AGENT, ActorKind.API_KEY, ActorKind.USER}),
    Action.REPLY: frozenset({ActorKind.AGENT, ActorKind.API_KEY}),
    Action.ANSWER: frozenset({ActorKind.AI}),
    Action.HAND_OFF: frozenset({ActorKind.AGENT, ActorKind.API_KEY, ActorKind.AI, ActorKind.SYSTEM}),
    Action.CHANGE_STATUS: frozenset({ActorKind.AGENT, ActorKind.API_KEY}),
    Action.RESOLVE: frozenset({ActorKind.AGENT, ActorKind.API_KEY, ActorKind.USER}),
    Action.ASSIGN: frozenset({ActorKind.AGENT, ActorKind.API_KEY}),
    Action.RELEASE: frozenset({ActorKind.SYSTEM}),
    Action.ORGANISE: frozenset({ActorKind.AGENT, ActorKind.API_KEY}),
    Action.ACKNOWLEDGE: frozenset({ActorKind.CONTACT, ActorKind.USER}),
    Action.WRITE_TICKET: frozenset({ActorKind.AGENT, ActorKind.USER}),
    Action.GIVE_FEEDBACK: frozenset({ActorKind.AGENT, ActorKind.USER}),
    Action.SUGGEST: frozenset({ActorKind.AGENT, ActorKind.API_KEY}),
    Action.EXPIRE: frozenset({ActorKind.SYSTEM}),
    Action.RECORD_FILES: frozenset({ActorKind.SYSTEM}),
}

#: The status commands that people can give, each with what it asks of them.
OFFERED = {
    StatusCommand.HAND_OFF: Action.HAND_OFF,
    StatusCommand.RETURN_TO_AI: Action.CHANGE_STATUS,
    StatusCommand.RESOLVE: Action.RESOLVE,
    StatusCommand.CLOSE: Action.CHANGE_STATUS,
    StatusCommand.REOPEN: Action.CHANGE_STATUS,
    StatusCommand.ARCHIVE: Action.CHANGE_STATUS,
    StatusCommand.UNARCHIVE: Action.CHANGE_STATUS,
}
REPLY = "post_reply"
#: Always an effect for somebody: there is another agent, another department, or nobody to give it to.
ASSIGNING = ("assign", "transfer")
#: While it is open, and while it is put aside.
PUTTING_ASIDE = ("snooze", "unsnooze")
SCHEDULE = "schedule_reply"
#: Whatever became of it: what people note on it for themselves.
ORGANISING = ("label", "set_priority", "add_note", "merge")
#: For whoever may decide on the suggestion that is pending.
DECIDING = ("approve_suggestion", "reject_suggestion")


@dataclass(frozen=True)
class Visibility:
    """Which conversations of an account somebody may see, in a form that a store can filter by."""

    everything: bool = False
    departments: frozenset[str] = frozenset()
    person_id: str | None = None
    #: Their own tickets and nothing else.
    requester_id: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is no use in looking."""
        return not self.everything and self.person_id is None and self.requester_id is None

    def allows(
        self, department: str | None, assignee_id: str | None, requester_id: str | None = None
    ) -> bool:
        """Whether a conversation of this department, assignee and requester is among them."""
        if self.everything:
            return True
        if self.requester_id is not None:
            return requester_id == self.requester_id
        if self.person_id is None:
            return False
        return department is None or department in self.departments or assignee_id == self.person_id


def visibility_of(actor: Actor) -> Visibility:
    """What an actor may see of their account."""
    if actor.kind is ActorKind.API_KEY:
        return Visibility(everything=True)
    if actor.kind is not ActorKind.AGENT:
        return Visibility()
    if actor.role is Role.ADMIN:
        return Visibility(everything=True)
    if actor.role is Role.AGENT:
        return Visibility(departments=frozenset(actor.departments), person_id=actor.id)
    return Visibility()


def ticket_visibility_of(actor: Actor) -> Visibility:
    """What an actor may see among the tickets: requesters see their own, and no other conversation."""
    if actor.kind is ActorKind.USER and actor.role is Role.USER:
        return Visibility(requester_id=actor.id)
    return visibility_of(actor)


def actor_of(person: Person, account_id: str) -> Actor:
    """A person who asks within an account, as an actor; an unknown role may do nothing. Raises DomainError
    `not_found` for somebody of another account.
    """
    if person.account_id != account_id:
        raise not_found()
    if person.role == KEY_ROLE:
        return Actor(kind=ActorKind.API_KEY, id=person.id, name=person.name)
    role = Role(person.role) if person.role in set(Role) else None
    kind = ActorKind.AGENT if role in {Role.AGENT, Role.ADMIN} else ActorKind.USER
    return Actor(
        kind=kind, id=person.id, name=person.name or person.email, role=role, departments=person.departments
    )


def may_know(conversation: Conversation, actor: Actor) -> bool:
    """Whether the conversation exists for this actor, who is of its account."""
    if actor.kind in {ActorKind.SYSTEM, ActorKind.AI, ActorKind.API_KEY}:
        return True
    if actor.kind is ActorKind.AGENT:
        return may_see(
            role=actor.role or "",
            person_id=actor.id,
            departments=actor.departments,
            department=conversation.department,
            assignee_id=conversation.assignee_id,
        )
    if actor.kind is ActorKind.CONTACT:
        named = {conversation.contact.id, conversation.contact_alias, *conversation.further_aliases}
        return actor.id in named
    return actor.id == conversation.requester_id


def require(conversation: Conversation, actor: Actor, action: Action) -> None:
    """Raise DomainError `not_found` or `forbidden` unless the actor may do this."""
    if not may_know(conversation, actor):
        raise not_found()
    if actor.kind not in _ALLOWED[action]:
        raise DomainError(ErrorCode.FORBIDDEN, "this is not for you to do", conversation_id=conversation.id)


def require_admin(actor: Actor) -> None:
    """Raise DomainError `forbidden` unless the actor runs the account. What an API key may do of that, its
    scopes have said in the gateway.
    """
    if actor.kind in {ActorKind.SYSTEM, ActorKind.API_KEY}:
        return
    if actor.kind is ActorKind.AGENT and actor.role is Role.ADMIN:
        return
    raise DomainError(ErrorCode.FORBIDDEN, "this is for admins")


def require_team(actor: Actor) -> None:
    """Raise DomainError `forbidden` unless the actor works for the account."""
    if actor.kind is ActorKind.API_KEY:
        return
    if actor.kind is not ActorKind.AGENT or actor.role not in {Role.AGENT, Role.ADMIN}:
        raise DomainError(ErrorCode.FORBIDDEN, "this is for those who work here")


def require_assignee(conversation: Conversation, actor: Actor) -> None:
    """Raise DomainError `forbidden` unless the conversation is assigned to the actor."""
    if actor.id != conversation.assignee_id:
        raise DomainError(
            ErrorCode.FORBIDDEN, "this is for the assigned agent", conversation_id=conversation.id
        )


def require_requester(actor: Actor) -> None:
    """Raise DomainError `forbidden` unless the actor is somebody who opens tickets."""
    if actor.kind is not ActorKind.USER:
        raise DomainError(ErrorCode.FORBIDDEN, "tickets are opened by users")


def require_department(actor: Actor, department: str) -> None:
    """Raise DomainError `forbidden` for an agent who asks for a department that is not theirs."""
    if actor.role is Role.AGENT and department not in actor.departments:
        raise DomainError(ErrorCode.FORBIDDEN, "this is not your department")


def available_actions(conversation: Conversation, actor: Actor) -> tuple[str, ...]:
    """Every command that this actor could give now with an effect."""
    if conversation.is_merged or not may_know(conversation, actor):
        return ()
    actions: list[str] = []
    if conversation.can_reply and actor.kind in _ALLOWED[Action.REPLY]:
        actions.append(REPLY)
    actions += [
        str(command)
        for command, action in OFFERED.items()
        if actor.kind in _ALLOWED[action] and conversation.would_change(command, actor)
    ]
    if conversation.can_be_assigned and actor.kind in _ALLOWED[Action.ASSIGN]:
        actions += ASSIGNING
    if conversation.suggestion is not None and actor.kind in _ALLOWED[Action.SUGGEST]:
        actions += DECIDING[0 if conversation.is_open else 1 :]
    if actor.kind in _ALLOWED[Action.ORGANISE]:
        actions += ORGANISING
        actions += [PUTTING_ASIDE[0]] if conversation.is_open else []
        actions += [PUTTING_ASIDE[1]] if conversation.snoozed_until else []
    if conversation.is_open and permits(conversation, actor, Action.REPLY):
        actions.append(SCHEDULE)
    return tuple(actions)


def not_found() -> DomainError:
    """What everybody hears who asks for what does not exist for them."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such conversation")


def permits(conversation: Conversation, actor: Actor, action: Action) -> bool:
    """Whether the actor may do this, whatever the conversation's status allows now."""
    return may_know(conversation, actor) and actor.kind in _ALLOWED[action]
