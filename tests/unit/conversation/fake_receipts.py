"""What platforms' ids lead to, in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from libs.contracts.base import Command
from libs.contracts.conversation import MessageView
from libs.contracts.topology import CONVERSATION_COMMANDS
from libs.contracts.vocabulary import DeliveryState, Direction, ReceiptKind
from services.conversation.domain.counting import Fact
from services.conversation.domain.message import StoredMessage
from services.conversation.domain.receipts import facts_of_receipt


class InMemoryReceiptRecords:
    """These parts of the port Transaction."""

    _records: Any
    _account_id: str

    def _outbound(self) -> list[StoredMessage]:
        return [
            message
            for (account_id, _), message in self._records.messages.items()
            if account_id == self._account_id and message.view.direction is Direction.OUTBOUND
        ]

    async def sent_message(
        self, connection_id: str, external_id: str, message_id: str | None
    ) -> MessageView | None:
        here = [message for message in self._outbound() if message.connection_id == connection_id]
        named = [message for message in here if message.view.id == message_id]
        found = named or [one for one in here if one.traced and external_id in one.external_ids]
        return found[0].view if found else None

    async def is_sending(self, connection_id: str) -> bool:
        return any(
            message.connection_id == connection_id and message.view.delivery is DeliveryState.QUEUED
            for message in self._outbound()
        )

    async def outbound_message(self, conversation_id: str, message_id: str) -> MessageView | None:
        for message in self._outbound():
            if message.view.id == message_id and message.view.conversation_id == conversation_id:
                return message.view
        return None

    async def keep_receipt(
        self, before: MessageView, after: MessageView, kind: ReceiptKind, external_id: str
    ) -> None:
        key = (self._account_id, after.id)
        kept = self._records.messages[key]
        ids = tuple(dict.fromkeys((*kept.external_ids, external_id)))
        self._records.messages[key] = replace(kept, view=after, external_ids=ids)
        facts: list[Fact] = facts_of_receipt(before, after, kind, self._records.now)
        self._records.receipt_facts += facts

    async def home_of(self, connection_id: str, references: Sequence[str]) -> str | None:
        homes = [
            one
            for (account_id, _), one in self._records.conversations.items()
            if account_id == self._account_id and one.connection_id == connection_id
        ]
        for reference in references:
            for one in homes:
                ids = [
                    known
                    for message in self._records.messages.values()
                    if message.view.conversation_id == one.id and message.traced
                    for known in message.external_ids
                ]
                if reference in {one.session_id, *one.further_sessions, *ids}:
                    return str(one.id)
        return None

    async def known_alias(self, connection_id: str, aliases: Sequence[str]) -> str | None:
        known = {
            alias
            for account_id, connection, alias in self._records.contacts
            if (account_id, connection) == (self._account_id, connection_id)
        }
        return next((alias for alias in aliases if alias in known), None)

    def tell_thread(self, command: Command, connection_id: str, session_id: str) -> None:
        subject = f"{connection_id}|{session_id}"
        self.send(command, exchange=CONVERSATION_COMMANDS, subject=subject)  # type: ignore[attr-defined]
