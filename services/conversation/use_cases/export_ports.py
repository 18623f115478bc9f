"""What the export of a contact needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from libs.contracts.exporting import ExportKind
from services.conversation.domain.conversation import Conversation


@dataclass(frozen=True)
class Exported:
    """One record, as it is shown, and its place among those of its kind."""

    place: str
    data: dict[str, Any]


class Exports(Protocol):
    """What can be read of a contact's conversations; always of one account."""

    async def next_conversation(
        self, account_id: str, contact_id: str, after: str | None
    ) -> Conversation | None:
        """The contact's conversation with the lowest id above `after`."""

    async def exported(
        self, account_id: str, conversation_id: str, kind: ExportKind, after: str | None, limit: int
    ) -> Sequence[Exported]:
        """Records of one kind behind the place `after`, in the order of their places; a conversation itself
        is no such kind.
        """
