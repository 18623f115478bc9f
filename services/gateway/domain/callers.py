"""Who calls the gateway, as its tokens say."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.api_keys import KEY_ROLE
from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.vocabulary import ActorKind, Role


@dataclass(frozen=True, slots=True)
class Vouched:
    """For whom an outside identity provider vouches: the end of their token; when the directory was asked."""

    ends_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class PersonCaller:
    """An agent, an admin or a requester with an access token, or an API key, which acts like a person whose
    role is `api_key`. `session_id` names the log-in it came from, or the key, or the outside token itself;
    of such a token `vouched` says more.
    """

    person: Person
    expires_at: datetime
    session_id: str | None = None
    scopes: frozenset[str] = frozenset()
    vouched: Vouched | None = None

    @property
    def role(self) -> str:
        """`agent`, `admin`, `user` or `api_key`."""
        return self.person.role

    @property
    def is_key(self) -> bool:
        """Whether an API key calls."""
        return self.person.role == KEY_ROLE

    @property
    def account_id(self) -> str:
        """Their account; nothing they do reaches another one."""
        return self.person.account_id

    def actor(self) -> Actor:
        """As every command names who did it. Without a name an agent is known by the email address."""
        person = self.person
        if self.is_key:
            return Actor(kind=ActorKind.API_KEY, id=person.id, name=person.name)
        return Actor(
            kind=ActorKind.USER if person.role == Role.USER else ActorKind.AGENT,
            id=person.id,
            name=person.name.strip() or person.email,
            role=Role(person.role),
            departments=person.departments,
        )


@dataclass(frozen=True, slots=True)
class VisitorCaller:
    """A visitor of a website with a widget session. `visitor_id` is also their alias on the channel."""

    account_id: str
    chatbot_id: str
    connection_id: str
    visitor_id: str
    name: str
    expires_at: datetime

    @property
    def session_id(self) -> str:
        """The name of their thread on the channel."""
        return f"web:{self.visitor_id}"

    def actor(self) -> Actor:
        """As every command names who did it."""
        return Actor(kind=ActorKind.CONTACT, id=self.visitor_id, name=self.name)


Caller = PersonCaller | VisitorCaller
