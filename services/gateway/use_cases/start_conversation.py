"""An agent starts a conversation."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.delivery import FoundConnection
from libs.contracts.starting import StartConversation, StartedConversation
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.threads import thread_of
from services.gateway.use_cases.ports import ConversationCommands


class Channels(Protocol):
    """Which connection a chatbot has on a channel."""

    async def find(self, account_id: str, chatbot_id: str, channel: Channel) -> FoundConnection:
        """One that can be used. Raises DomainError `channel_not_connected`, TransientError."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """Whom the agent writes to, and what."""

    chatbot_id: str
    channel: Channel
    to: str
    content: str
    name: str = ""
    subject: str | None = None


class StartConversationAsAgent:
    """The thread's id is made here, as for an inbound message, so that both meet in one partition."""

    def __init__(self, channels: Channels, commands: ConversationCommands) -> None:
        self._channels = channels
        self._commands = commands

    async def __call__(
        self, caller: PersonCaller, opening: Opening, *, command_id: str
    ) -> StartedConversation:
        """The conversation and its message. Raises DomainError `invalid`, `channel_not_connected`, and as the
        conversation says; TransientError otherwise.
        """
        thread = thread_of(opening.channel, opening.to)
        connection = await self._channels.find(caller.account_id, opening.chatbot_id, opening.channel)
        result = await self._commands.carry_out_in_thread(
            StartConversation(
                actor=caller.actor(),
                chatbot_id=opening.chatbot_id,
                connection_id=connection.connection_id,
                channel=opening.channel,
                session_id=thread.session_id,
                target=thread.target,
                alias=thread.alias,
                name=opening.name,
                subject=opening.subject,
                content=opening.content,
            ),
            connection_id=connection.connection_id,
            session_id=thread.session_id,
            account_id=caller.account_id,
            id=command_id,
        )
        return StartedConversation.model_validate(result)
