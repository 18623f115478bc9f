"""Send something out, and wait until the channel has taken or refused it."""

from libs.contracts.base import Command
from libs.contracts.conversation import FindConversation, FoundConversation, MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.messages import GetMessage
from libs.contracts.vocabulary import Channel, DeliveryState
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.run_query import Queries
from services.gateway.use_cases.wait_for import wait_for

_ACCEPTED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


class SentMessage(MessageView):
    """The message as it is now. `accepted`: the channel has it; otherwise that is not known yet."""

    accepted: bool = False


class SendAndWait:
    """A widget's message is sent once it is stored: its frame is the delivery."""

    def __init__(self, run: RunCommand, queries: Queries) -> None:
        self._run = run
        self._queries = queries

    async def __call__(
        self,
        caller: PersonCaller,
        command: Command,
        conversation_id: str,
        command_id: str,
        limit: float,
        if_version: int | None = None,
    ) -> SentMessage:
        """Raises DomainError as the command does, and `channel_refused` (or the channel's own reason) when it
        was refused for good.
        """
        stored = await self._run(
            caller,
            command,
            conversation_id=conversation_id,
            command_id=command_id,
            answer=MessageView,
            if_version=if_version,
        )
        if not limit:
            return _as(stored, accepted=False)
        if await self._is_widget(caller, conversation_id):
            return _as(stored, accepted=True)
        query = GetMessage(person=caller.person, conversation_id=conversation_id, message_id=stored.id)

        async def settled() -> MessageView | None:
            now = await self._queries.ask(query, account_id=caller.account_id, answer=MessageView)
            return None if now.delivery in {DeliveryState.QUEUED, DeliveryState.UNKNOWN} else now

        message = await wait_for(settled, limit)
        if message is None:
            return _as(stored, accepted=False)
        if message.delivery is DeliveryState.FAILED:
            reason = message.delivery_error or "refused"
            raise DomainError(
                ErrorCode.CHANNEL_REFUSED,
                f"The channel refused it: {reason}.",
                conversation_id=conversation_id,
            )
        return _as(message, accepted=message.delivery in _ACCEPTED)

    async def _is_widget(self, caller: PersonCaller, conversation_id: str) -> bool:
        query = FindConversation(person=caller.person, conversation_id=conversation_id)
        found = await self._queries.ask(query, account_id=caller.account_id, answer=FoundConversation)
        return found.conversation is not None and found.conversation.channel is Channel.WIDGET


def _as(message: MessageView, *, accepted: bool) -> SentMessage:
    return SentMessage(**dict(message), accepted=accepted)
