"""The closed word lists of the contracts. A new member is an addition; a removed one is a break."""

from enum import StrEnum


class Status(StrEnum):
    """Where a conversation stands."""

    ACTIVE = "active"
    HANDED_OFF = "handed_off"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ARCHIVED = "archived"


class Priority(StrEnum):
    """How urgent people say a conversation is."""

    NONE = "none"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketStatus(StrEnum):
    """Where a ticket stands; derived from its conversation, kept nowhere."""

    OPEN = "open"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Channel(StrEnum):
    """The kinds of channel connection that this version serves."""

    WIDGET = "widget"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    CHATWOOT = "chatwoot"


class BotMode(StrEnum):
    """What the AI does with an inbound message."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    OFF = "off"


class Direction(StrEnum):
    """Seen from the account: `inbound` comes from the contact."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class SenderKind(StrEnum):
    """Who wrote a message."""

    CONTACT = "contact"
    AI = "ai"
    AGENT = "agent"
    SYSTEM = "system"


class MessageKind(StrEnum):
    """The neutral kinds that every channel is mapped to."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    BUTTON = "button"
    COMMAND = "command"
    FORM = "form"
    ORDER = "order"
    REACTION = "reaction"
    REACTION_REMOVED = "reaction_removed"
    EDIT = "edit"
    DELETE = "delete"
    EMAIL = "email"
    UNSUPPORTED = "unsupported"


#: Kinds that say something about another message: they ask for no answer and reopen nothing.
SIDE_KINDS = frozenset(
    {MessageKind.REACTION, MessageKind.REACTION_REMOVED, MessageKind.EDIT, MessageKind.DELETE}
)


class DeliveryState(StrEnum):
    """How far an outbound message got."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ReceiptKind(StrEnum):
    """What a platform tells about a message of ours. `bounced` is a mail that the other side sent back,
    `complaint` one that its reader called spam.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINT = "complaint"


class Feedback(StrEnum):
    """What a reader thought of an AI message."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


class ActorKind(StrEnum):
    """What kind of party did something."""

    CONTACT = "contact"
    AGENT = "agent"
    USER = "user"
    AI = "ai"
    SYSTEM = "system"
    API_KEY = "api_key"


class Role(StrEnum):
    """What a person may do in an account."""

    AGENT = "agent"
    ADMIN = "admin"
    USER = "user"


class HandoffReason(StrEnum):
    """Why a conversation went to people."""

    ASKED_FOR_HUMAN = "asked_for_human"
    NOT_COVERED = "not_covered"
    LOW_CONFIDENCE = "low_confidence"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    RULE = "rule"
    AI_UNAVAILABLE = "ai_unavailable"
    AGENT_TOOK_OVER = "agent_took_over"
    REQUESTED_BY_AGENT = "requested_by_agent"


class FaultKind(StrEnum):
    """How an error is treated: answered, tried again, or dead-lettered."""

    DOMAIN = "domain"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
