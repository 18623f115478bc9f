"""Who did what: the audit trail, which holds ids and no word that anybody wrote."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query
from libs.contracts.conversation import Person
from libs.contracts.vocabulary import ActorKind

Result = Literal["done", "refused"]
#: `post_reply`, `update_person`, `log_in`: a command's type without its version, or the gateway's own word.
Action = str


class AuditEntry(Contract):
    """One action of a person or an API key. `targets` names what it was on, by kind; `code` says why it was
    refused; `trace_id` finds its logs.
    """

    id: Id
    at: datetime
    actor_kind: ActorKind
    actor_id: Id
    action: Action = Field(max_length=128)
    targets: dict[str, Id] = Field(default_factory=dict, max_length=16)
    result: Result
    code: str | None = None
    trace_id: str | None = None


class AuditPage(Contract):
    """The answer to ListAudit, the newest first."""

    items: tuple[AuditEntry, ...]
    next_cursor: str | None = None


class ListAudit(Query, type="list_audit.v1"):
    """The account's audit trail, for administrators. `target` is any id that an action was on."""

    person: Person
    actor_id: Id | None = None
    action: Action | None = Field(default=None, max_length=128)
    target: Id | None = None
    result: Result | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=50, ge=1, le=200)


class RecordAction(Command, type="record_action.v1"):
    """An action that the gateway carried out, or refused, by itself: the actor is who did it."""

    action: Action = Field(max_length=128)
    targets: dict[str, Id] = Field(default_factory=dict, max_length=16)
    result: Result = "done"
    code: str | None = Field(default=None, max_length=128)
