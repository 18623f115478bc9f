"""What platforms tell beside messages: receipts, threads that move, people who answer elsewhere.

Receipts name a message by the platform's id or by ours, so the first step finds it (`match_receipt.v1`, a
queue without order, whose retries wait for what is not known yet), and the second goes to the partition of
its conversation.
"""

from datetime import datetime

from pydantic import Field

from libs.contracts.base import Command, Id, Name
from libs.contracts.vocabulary import ReceiptKind


class MatchReceipt(Command, type="match_receipt.v1"):
    """Find the message that a receipt is about. `external_id` is the platform's id of it; `message_id` ours,
    where the platform gives back what we sent along. `received_at` is when the gateway took it in. `error` is
    a code; a receipt that is not `lasting` may still be followed by a better one.
    """

    connection_id: Id
    external_id: Id
    message_id: Id | None = None
    kind: ReceiptKind
    at: datetime | None = None
    received_at: datetime | None = None
    error: str | None = Field(default=None, max_length=64)
    lasting: bool = True


class RecordReceipt(Command, type="record_receipt.v1"):
    """What became of one message of a conversation."""

    conversation_id: Id
    message_id: Id
    external_id: Id
    kind: ReceiptKind
    at: datetime | None = None
    error: str | None = Field(default=None, max_length=64)
    lasting: bool = True


class MoveThread(Command, type="move_thread.v1"):
    """A thread has another name and address on its channel from now on (a Telegram group that became a
    supergroup, a person with a new number); the old name stays good.
    """

    connection_id: Id
    session_id: Id
    to_session_id: Id
    to_target: str = Field(max_length=512)
    #: The person's id on the channel from now on, where it is they who have another one.
    to_alias: Id | None = None
    #: Where the thread was found under another name: the conversation, to whose partition it then goes.
    conversation_id: Id | None = None


class TakeOverThread(Command, type="take_over_thread.v1"):
    """A person answered, or took the conversation, in the platform's own console, `at` that moment: the bot
    is silent from then on. One that was settled is open again.
    """

    connection_id: Id
    session_id: Id
    by: Name = ""
    at: datetime | None = None
    conversation_id: Id | None = None
