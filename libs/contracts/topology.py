"""The broker's names, in one place: renaming one strands the messages under the old name.

Routing keys are `<partition>.<type>`. A command or a receipt for a conversation carries the conversation's
partition (`p07`), an event of a conversation carries its account's (`a07`), so that a consumer that needs
order binds the partitions it owns and one that does not binds `*.<type>`.
"""

from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

PARTITIONS = 16
ROOM_BUCKETS = 256

CONVERSATION_COMMANDS = "conversation.cmd"
CONVERSATION_EVENTS = "conversation.ev"
DELIVERY_COMMANDS = "delivery.cmd"
DELIVERY_EVENTS = "delivery.ev"
AI_COMMANDS = "ai.cmd"
GATEWAY_COMMANDS = "gateway.cmd"
NOTIFY_COMMANDS = "notify.cmd"
REALTIME = "ws"
DEAD_LETTERS = "dlx"
PARKED = "gateway.parked"

#: Delays of the retry tiers, in milliseconds, in the order in which they are used.
RETRY_TIERS = {"retry.1s": 1_000, "retry.5s": 5_000, "retry.30s": 30_000, "retry.5m": 300_000}

#: Deliveries of one message before the broker itself dead-letters it: it catches what kills its consumer.
DELIVERY_LIMIT = 20
#: Messages a dead-letter queue holds until they are drained into the owner's store.
DEAD_LETTER_BOUND = 100_000
#: Messages a work queue holds; past it publishers are refused and the gateway answers 503.
QUEUE_BOUND = 1_000_000


def thread_crc(connection_id: str, session_id: str) -> int:
    """The 16 bits of a thread that its conversation's id carries."""
    return crc32(f"{connection_id}|{session_id}".encode()) & 0xFFFF


def conversation_crc(conversation_id: str) -> int:
    """The same 16 bits, read back from a conversation's id. Raises ValueError for an id not made by us."""
    head, dash, tail = conversation_id.rpartition("-")
    if not head or not dash or len(tail) != 4:
        raise ValueError("not a conversation id")
    return int(tail, 16)


def conversation_id(unique: str, crc: int) -> str:
    """A conversation's id: a unique part, then the four hex digits that fix its partition for good."""
    return f"{unique}-{crc:04x}"


def partition(crc: int) -> str:
    """`p00` to `p15`: where everything about a thread goes."""
    return f"p{crc % PARTITIONS:02d}"


def account_partition(account_id: str) -> str:
    """`a00` to `a15`: where an account's events go."""
    return f"a{crc32(account_id.encode()) % PARTITIONS:02d}"


def account_command_partition(account_id: str) -> str:
    """`p00` to `p15`: where commands about an account, but no conversation, go."""
    return f"p{crc32(account_id.encode()) % PARTITIONS:02d}"


def room_key(room: str) -> str:
    """The routing key of a realtime frame; the bucket lets a gateway bind a part of the rooms."""
    return f"b{crc32(room.encode()) % ROOM_BUCKETS}.{room}"


#: How gateways tell each other on the realtime exchange that log-ins have ended. No room has this key.
SESSIONS_ENDED = "b0.sessions-ended"


def conversation_room(account_id: str, conversation_id: str) -> str:
    """The room of one conversation."""
    return f"c.{account_id}.{conversation_id}"


def account_room(account_id: str) -> str:
    """The room of everybody who works for an account."""
    return f"a.{account_id}"


def query_queue(service: str) -> str:
    """Where a service takes queries."""
    return f"{service}.query"


def dead_letter_queue(queue: str) -> str:
    """Where a queue's dead letters wait to be drained."""
    return f"{queue}.dlq"


@dataclass(frozen=True)
class Binding:
    """Routing keys of an exchange that end in a queue."""

    exchange: str
    routing_key: str


@dataclass(frozen=True)
class Queue:
    """A work queue as the broker shall have it. `ordered` queues have one active consumer at a time."""

    name: str
    bindings: tuple[Binding, ...] = ()
    ordered: bool = False
    #: None: quorum with a dead-letter queue. Otherwise the arguments of a durable classic queue.
    classic: dict[str, Any] | None = field(default=None, hash=False)


def _command_queue(service: str, exchange: str, command: str, version: int = 1) -> Queue:
    return Queue(f"{service}.{command}", (Binding(exchange, f"{command}.v{version}"),))


def partition_names(letter: str) -> list[str]:
    """`p00`…`p15` or `a00`…`a15`."""
    return [f"{letter}{number:02d}" for number in range(PARTITIONS)]


def conversation_partition_queue(name: str) -> str:
    """The queue of one partition of conversations."""
    return f"{CONVERSATION_COMMANDS}.{name}"


def delivery_partition_queue(name: str) -> str:
    """The queue of one partition of accounts, as delivery reads it."""
    return f"delivery.on-conversation-ev.{name}"


def notify_partition_queue(name: str) -> str:
    """The queue of one partition of accounts, as notify reads it."""
    return f"notify.on-conversation-ev.{name}"


#: Everything about connections, in one queue.
DELIVERY_CONNECT_CHANNEL = Queue(
    "delivery.connect_channel",
    tuple(
        Binding(DELIVERY_COMMANDS, f"{command}.v1")
        for command in ("connect_channel", "change_connection", "check_connection", "disconnect_channel")
    ),
)
#: Chatbots that are no more; a queue of each service that keeps something for them.
DELIVERY_ON_DIRECTORY, AI_ON_DIRECTORY = (
    Queue(f"{service}.on-directory-ev", (Binding(CONVERSATION_EVENTS, "*.directory.chatbot_deleted.v1"),))
    for service in ("delivery", "ai")
)
CONVERSATION_MATCH_RECEIPT = _command_queue("conversation", CONVERSATION_COMMANDS, "match_receipt")
AI_ANSWER_CONTACT = _command_queue("ai", AI_COMMANDS, "answer_contact")
AI_DRAFT_REPLY = _command_queue("ai", AI_COMMANDS, "draft_reply")
AI_ADD_DOCUMENT = _command_queue("ai", AI_COMMANDS, "add_document")
AI_DECIDE_PHRASING = _command_queue("ai", AI_COMMANDS, "decide_phrasing")
#: What became of suggestions and answers. No order to keep: learning is the same whichever comes first.
AI_ON_CONVERSATION = Queue(
    "ai.on-conversation-ev",
    tuple(
        Binding(CONVERSATION_EVENTS, f"*.conversation.{fate}.v1")
        for fate in (
            *("suggestion_approved", "suggestion_edited", "suggestion_rejected"),
            *("feedback_given", "resolved", "closed", "reopened"),
        )
    ),
)
AI_PUT_DOCUMENT = _command_queue("ai", AI_COMMANDS, "put_document")
AI_REMOVE_DOCUMENT = _command_queue("ai", AI_COMMANDS, "remove_document")
AI_REINDEX = _command_queue("ai", AI_COMMANDS, "reindex_knowledge")
GATEWAY_SET_CREDENTIALS = _command_queue("gateway", GATEWAY_COMMANDS, "set_credentials")
GATEWAY_REMOVE_CREDENTIALS = _command_queue("gateway", GATEWAY_COMMANDS, "remove_credentials")
AI_ERASE_PERSON = _command_queue("ai", AI_COMMANDS, "erase_person")
GATEWAY_ERASE_PERSON = _command_queue("gateway", GATEWAY_COMMANDS, "erase_person")
NOTIFY_PUT_SETTINGS = _command_queue("notify", NOTIFY_COMMANDS, "put_notification_settings")

EXCHANGES = {
    CONVERSATION_COMMANDS: "topic",
    CONVERSATION_EVENTS: "topic",
    DELIVERY_COMMANDS: "topic",
    DELIVERY_EVENTS: "topic",
    AI_COMMANDS: "topic",
    GATEWAY_COMMANDS: "topic",
    NOTIFY_COMMANDS: "topic",
    REALTIME: "topic",
    DEAD_LETTERS: "topic",
    **dict.fromkeys(RETRY_TIERS, "fanout"),
}

#: Queries die with their caller's patience; the queue itself goes when its service is gone for a while.
QUERY_QUEUE_ARGUMENTS = {"x-expires": 600_000, "x-max-length": 10_000, "x-overflow": "reject-publish"}

QUEUES: tuple[Queue, ...] = (
    *(
        Queue(
            conversation_partition_queue(name),
            (Binding(CONVERSATION_COMMANDS, f"{name}.#"), Binding(DELIVERY_EVENTS, f"{name}.#")),
            ordered=True,
        )
        for name in partition_names("p")
    ),
    *(
        Queue(
            delivery_partition_queue(name),
            (
                Binding(CONVERSATION_EVENTS, f"{name}.conversation.message_recorded.v1"),
                Binding(CONVERSATION_EVENTS, f"{name}.conversation.message_retried.v1"),
                Binding(CONVERSATION_EVENTS, f"{name}.conversation.erased.v1"),
                *(
                    Binding(CONVERSATION_EVENTS, f"{name}.conversation.{became}.v1")
                    for became in ("handed_off", "returned_to_ai", "resolved", "closed", "reopened")
                ),
            ),
            ordered=True,
        )
        for name in partition_names("a")
    ),
    *(
        Queue(
            notify_partition_queue(name),
            (
                Binding(CONVERSATION_EVENTS, f"{name}.#"),
                Binding(DELIVERY_EVENTS, f"{name}.delivery.connection_changed.v1"),
            ),
            ordered=True,
        )
        for name in partition_names("a")
    ),
    CONVERSATION_MATCH_RECEIPT,
    DELIVERY_CONNECT_CHANNEL,
    DELIVERY_ON_DIRECTORY,
    AI_ON_DIRECTORY,
    AI_ANSWER_CONTACT,
    AI_DRAFT_REPLY,
    AI_ADD_DOCUMENT,
    AI_PUT_DOCUMENT,
    AI_DECIDE_PHRASING,
    AI_ON_CONVERSATION,
    AI_REMOVE_DOCUMENT,
    AI_REINDEX,
    GATEWAY_SET_CREDENTIALS,
    GATEWAY_REMOVE_CREDENTIALS,
    NOTIFY_PUT_SETTINGS,
    AI_ERASE_PERSON,
    GATEWAY_ERASE_PERSON,
    Queue(PARKED),
    *(
        Queue(query_queue(service), classic=QUERY_QUEUE_ARGUMENTS)
        for service in ("conversation", "delivery", "ai", "notify")
    ),
)


def owner(queue: str) -> str:
    """The service that owns a queue, its dead letters included."""
    return queue.split(".", 1)[0]
