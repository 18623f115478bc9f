"""Chatwoot's conversations: which one a post is about, and what became of it there.

A conversation's `id` is its display id, the number in every path of Chatwoot's API. It is unique in its
account alone; the account is bound to the connection.
"""

from dataclasses import dataclass

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.inbound import TakenOver
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    object_in,
    optional_list,
    optional_object,
    optional_text,
    optional_word,
    word_in,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation there."""

    account: str
    conversation: str

    @property
    def session_id(self) -> str:
        """The thread."""
        return f"cw:{self.account}:{self.conversation}"

    @property
    def target(self) -> str:
        """Where an answer goes."""
        return f"{self.account}/{self.conversation}"


def place_of_message(body: JsonObject, connection: ConnectionSecrets) -> Place:
    """The conversation of a message. Raises UnreadableError."""
    return _place(body, object_in(body, "conversation"), connection)


def place_of_conversation(body: JsonObject, connection: ConnectionSecrets) -> Place:
    """The conversation that a post is itself. Raises UnreadableError."""
    return _place(body, body, connection)


def _place(body: JsonObject, conversation: JsonObject, connection: ConnectionSecrets) -> Place:
    account = _account(body, conversation)
    bound = connection.settings.get("account_id")
    ours = str(bound) if isinstance(bound, int | str) and not isinstance(bound, bool) else None
    if ours is not None and account is not None and account != ours:
        raise UnreadableError("account is not the connection's")
    account = account or ours
    if account is None:
        raise UnreadableError("account is not named")
    return Place(account[:64], word_in(conversation, "id")[:64])


def _account(body: JsonObject, conversation: JsonObject) -> str | None:
    """Older versions name the account in the nested message alone."""
    for holder in (body, conversation):
        named = optional_object(holder, "account")
        if named is not None and (found := optional_word(named, "id")) is not None:
            return found
    for message in optional_list(conversation, "messages")[:1]:
        if type(message) is dict:
            return optional_word(message, "account_id")
    return None


def status_of(conversation: JsonObject) -> str:
    """`open`, `pending`, `resolved` or `snoozed`; "" where it is not told."""
    return choice_in(conversation, "status")


def read_status(body: JsonObject, place: Place) -> TakenOver | None:
    """A conversation that was the bot's and is open now: people have it. The present status counts, what it
    was before only says whether this is news.
    """
    if status_of(body) != "open":
        return None
    before = [
        choice_in(change, "previous_value")
        for one in optional_list(body, "changed_attributes")[:16]
        if type(one) is dict and (change := optional_object(one, "status")) is not None
    ]
    if before and before[0] != "pending":
        return None
    assignee = optional_object(optional_object(body, "meta") or {}, "assignee") or {}
    when = body.get("updated_at")
    stamp = f"{when}" if type(when) in (int, float, str) else ""
    return TakenOver(
        place.session_id,
        place.target,
        f"status:{place.account}:{place.conversation}:open:{stamp}"[:256],
        optional_text(assignee, "name", 512) or "",
    )
