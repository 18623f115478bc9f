"""What an API key may do. Keys themselves never travel between services."""

from enum import StrEnum

from libs.contracts.vocabulary import ActorKind

#: In place of a person's role, where a key asks.
KEY_ROLE = str(ActorKind.API_KEY)


class Scope(StrEnum):
    """Each opens some operations of the account (`services/gateway/domain/policy.py`). None opens another."""

    CONVERSATIONS_READ = "conversations:read"
    #: Reply, and write to somebody first.
    CONVERSATIONS_WRITE = "conversations:write"
    #: Status, assignment, and what else a team does with a conversation.
    CONVERSATIONS_MANAGE = "conversations:manage"
    SUGGESTIONS = "suggestions"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    STATS = "stats"
    #: The account itself and its departments.
    ACCOUNT = "account"
    CONNECTIONS = "connections"
    KNOWLEDGE = "knowledge"
    CHATBOTS = "chatbots"
    PEOPLE = "people"
    WEBHOOKS = "webhooks"
    KEYS = "keys"
    AUDIT = "audit"
    EXPORT = "export"
    ERASURE = "erasure"
