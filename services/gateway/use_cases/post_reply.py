"""An agent answers in a conversation."""

from libs.contracts.conversation import MessageView, PostReply
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import ConversationCommands


class PostAgentReply:
    """Whether the conversation takes a reply now is the conversation's own rule."""

    def __init__(self, commands: ConversationCommands) -> None:
        self._commands = commands

    async def __call__(
        self, caller: PersonCaller, *, chatbot_id: str, conversation_id: str, content: str, command_id: str
    ) -> MessageView:
        """The stored message. Raises DomainError as the conversation says, TransientError otherwise."""
        result = await self._commands.carry_out(
            PostReply(
                actor=caller.actor(),
                conversation_id=conversation_id,
                chatbot_id=chatbot_id,
                content=content,
            ),
            conversation_id=conversation_id,
            account_id=caller.account_id,
            id=command_id,
        )
        return MessageView.model_validate(result)
