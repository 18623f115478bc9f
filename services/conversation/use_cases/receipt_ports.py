"""What platforms' ids lead to, within a transaction."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.base import Command
from libs.contracts.conversation import MessageView
from libs.contracts.vocabulary import ReceiptKind


class ReceiptRecords(Protocol):
    """Messages and conversations by what the platform calls them."""

    async def sent_message(
        self, connection_id: str, external_id: str, message_id: str | None
    ) -> MessageView | None:
        """The outbound message of a connection with this id of ours or, without one, of the platform."""

    async def is_sending(self, connection_id: str) -> bool:
        """Whether any message of a connection is still on its way out."""

    async def outbound_message(self, conversation_id: str, message_id: str) -> MessageView | None:
        """An outbound message of a conversation."""

    async def keep_receipt(
        self, before: MessageView, after: MessageView, kind: ReceiptKind, external_id: str
    ) -> None:
        """Keep what a receipt made of a message, its platform's id, and what is counted of it."""

    async def home_of(self, connection_id: str, references: Sequence[str]) -> str | None:
        """The id of the conversation that one of these leads to, the first that does: names of its thread,
        old ones included, or the platform's ids of its messages.
        """

    async def known_alias(self, connection_id: str, aliases: Sequence[str]) -> str | None:
        """The first of these ids of a person by which somebody is known on a connection."""

    def tell_thread(self, command: Command, connection_id: str, session_id: str) -> None:
        """Have a command published to a thread's partition once all this is kept."""
