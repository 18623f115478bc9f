"""Chatwoot's conversations: which one a post is about, and what became of it there.

A conversation's `id` is its display id, the number in every path of Chatwoot's API. It is unique in its
account alone; the account is bound to the connection.
"""

from dataclasses import dataclass

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.platform_console import ThereStatus
from services.gateway.domain.inbound import Reading, SettledThere, TakenOver, TypingThere
from services.gateway.domain.json_fields import (
    JsonObject,
    UnreadableError,
    choice_in,
    moment_of,
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


def read_status(body: JsonObject, place: Place, connection: ConnectionSecrets) -> Reading:
    """What a change of status there means here. The present status counts; what it was before says whether it
    is news, and whether a person did it: a contact's message makes a resolved conversation `pending` by
    itself, and where every conversation is open (`answer_open`), one that nobody is assigned is the bot's.
    """
    status, before = status_of(body), _status_before(body)
    stamp = body.get("updated_at")
    when = f"{stamp}" if type(stamp) in (int, float, str) else ""
    delivery_id = f"status:{place.account}:{place.conversation}:{status}:{when}"[:256]
    assignee = optional_object(optional_object(body, "meta") or {}, "assignee")
    by = optional_text(assignee or {}, "name", 512) or ""
    at = moment_of(stamp)
    if status == "open" and before != "open":
        if connection.settings.get("answer_open") is True and assignee is None:
            return Reading()
        return Reading(taken_over=(TakenOver(place.session_id, place.target, delivery_id, by, at),))
    if status == "resolved":
        meaning = ThereStatus.RESOLVED
    elif status == "pending" and before == "open":
        meaning = ThereStatus.BOT
    else:
        return Reading()
    return Reading(settled=(SettledThere(place.session_id, delivery_id, meaning, by, at),))


def read_typing(body: JsonObject, place: Place) -> Reading:
    """Who is writing there, a note among colleagues excepted."""
    if body.get("is_private") is True:
        return Reading()
    user = optional_object(body, "user") or {}
    kind = choice_in(user, "type")
    return Reading(
        typing=(
            TypingThere(
                place.session_id,
                typing=choice_in(body, "event") == "conversation_typing_on",
                # A contact's type is often missing; an agent's is not.
                by_contact=kind not in {"user", "agent_bot"},
                name=optional_text(user, "name", 512) or "",
            ),
        )
    )


def _status_before(body: JsonObject) -> str:
    """The status before the change, "" where that is not told."""
    for one in optional_list(body, "changed_attributes")[:16]:
        if type(one) is dict and (change := optional_object(one, "status")) is not None:
            return choice_in(change, "previous_value")
    return ""
