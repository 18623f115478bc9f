"""What use cases about tickets need of a transaction, beside what the others do."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.conversation import Attachment, MessageView
from libs.contracts.vocabulary import Feedback


class TicketRecords(Protocol):
    """A part of the port Transaction."""

    async def chatbots_for(self, department: str) -> Sequence[str]:
        """Ids of the department's chatbots, at most two; when it has none, of those that belong to no
        department.
        """

    async def message(self, conversation_id: str, message_id: str) -> MessageView | None:
        """A message of a conversation."""

    async def set_attachments(
        self, conversation_id: str, message_id: str, attachments: Sequence[Attachment]
    ) -> None:
        """Keep where a message's files are now."""

    async def set_changed(self, message: MessageView) -> None:
        """Keep a message as its writer or its readers have made it; of one that was taken back its edits have
        no content any more, either.
        """

    async def set_feedback(self, conversation_id: str, message_id: str, feedback: Feedback) -> None:
        """Keep what a reader thinks of a message."""
