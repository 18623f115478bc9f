"""Names of topics as clients write them, and the rooms behind them."""

from dataclasses import dataclass
from typing import Literal

from libs.contracts import topology
from libs.contracts.errors import DomainError, ErrorCode

_MOST = 300
#: No id is longer.
LONGEST_ID = 256


@dataclass(frozen=True, slots=True)
class Topic:
    """What a client wants to hear. `key` is the part behind the prefix."""

    name: str
    kind: Literal["account", "agent", "session", "conversation"]
    key: str


@dataclass(frozen=True, slots=True)
class Room:
    """Where frames of one numbering come together. Without `conversation_id` it is the account's."""

    name: str
    account_id: str
    conversation_id: str | None = None


def account_room(account_id: str) -> Room:
    """The room of an account's people."""
    return Room(topology.account_room(account_id), account_id)


def conversation_room(account_id: str, conversation_id: str) -> Room:
    """The room of one conversation."""
    return Room(topology.conversation_room(account_id, conversation_id), account_id, conversation_id)


def read_topic(name: str) -> Topic:
    """The topic of that name: `account:{id}`, `agent:{id}`, `chat:{session_id}`, `ticket_{id}` or a
    conversation's id. Raises DomainError `invalid`.
    """
    if 0 < len(name) <= _MOST:
        for prefix, kind in _PREFIXES.items():
            if name.startswith(prefix) and 0 < len(name) - len(prefix) <= LONGEST_ID:
                return Topic(name, kind, name.removeprefix(prefix))
        if _is_conversation(name):
            return Topic(name, "conversation", name)
    raise DomainError(ErrorCode.INVALID, "There is no such topic.")


_PREFIXES: dict[str, Literal["account", "agent", "session", "conversation"]] = {
    "account:": "account",
    "agent:": "agent",
    "chat:": "session",
    "ticket_": "conversation",
}


def _is_conversation(name: str) -> bool:
    try:
        topology.conversation_crc(name)
    except ValueError:
        return False
    return True
