"""The widget has shown a message to its visitor."""

from libs.contracts.conversation import AcknowledgeMessage
from services.gateway.domain.callers import VisitorCaller
from services.gateway.use_cases.ports import DeriveId, InboundMessages


class AcknowledgeShownMessage:
    """Whether the message is one of this conversation's is the conversation's own rule."""

    def __init__(self, inbound: InboundMessages, derive_id: DeriveId) -> None:
        self._inbound = inbound
        self._derive_id = derive_id

    async def __call__(self, visitor: VisitorCaller, *, conversation_id: str, message_id: str) -> None:
        """Raises TransientError when the broker is away."""
        await self._inbound.acknowledge(
            AcknowledgeMessage(actor=visitor.actor(), conversation_id=conversation_id, message_id=message_id),
            id=self._derive_id("acknowledge", conversation_id, message_id),
            account_id=visitor.account_id,
        )
