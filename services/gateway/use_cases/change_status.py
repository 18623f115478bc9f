"""An agent closes a conversation, or gives it back to the AI."""

from libs.contracts.conversation import ChangeStatus, StatusChanged
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import ConversationCommands


class ChangeConversationStatus:
    """Which change is possible is the conversation's own rule."""

    def __init__(self, commands: ConversationCommands) -> None:
        self._commands = commands

    async def __call__(
        self, caller: PersonCaller, *, chatbot_id: str, conversation_id: str, status: str, command_id: str
    ) -> StatusChanged:
        """What was done, and the conversation as it is then.

        Raises DomainError as the conversation says, TransientError otherwise.
        """
        result = await self._commands.carry_out(
            ChangeStatus(
                actor=caller.actor(), conversation_id=conversation_id, chatbot_id=chatbot_id, status=status
            ),
            conversation_id=conversation_id,
            account_id=caller.account_id,
            id=command_id,
        )
        return StatusChanged.model_validate(result)
