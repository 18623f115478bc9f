"""Send something out, and wait until the channel has taken or refused it.

The realtime frame about the message says when to look; how it stands, and why it was refused, the
conversation service says. A look at the deadline stands in for frames that did not come.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from libs.contracts.base import Command
from libs.contracts.conversation import FindConversation, FoundConversation, MessageView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.frames import Frame
from libs.contracts.messages import GetMessage
from libs.contracts.vocabulary import Channel, DeliveryState
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.hub import SUFFIX, Hub
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.run_query import Queries

_OPEN = frozenset({DeliveryState.QUEUED, DeliveryState.UNKNOWN})
_ACCEPTED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


class SentMessage(MessageView):
    """The message as it is now. `accepted`: the channel has it; otherwise that is not known yet."""

    accepted: bool = False


class _Heard:
    """What the frames of one conversation tell of a message; of any message, until `message_id` is set."""

    def __init__(self, account_id: str, conversation_id: str) -> None:
        self._account_id = account_id
        self._conversation_id = conversation_id
        self._told = asyncio.Event()
        self.message_id: str | None = None

    def look(self, frame: Frame) -> None:
        """A frame came by."""
        if (
            frame.type == "message_state"
            and frame.account_id == self._account_id
            and frame.conversation_id == self._conversation_id
            and self.message_id in {None, frame.fields.get("message_id")}
            and frame.fields.get("state") not in _OPEN
        ):
            self._told.set()

    async def before(self, end: float) -> bool:
        """Whether a frame came since the last call, waiting until `end` (of the loop's clock) for one."""
        try:
            async with asyncio.timeout_at(end):
                await self._told.wait()
        except TimeoutError:
            return False
        self._told.clear()
        return asyncio.get_running_loop().time() < end


class SendAndWait:
    """A widget's message is sent once it is stored: its frame is the delivery."""

    def __init__(self, run: RunCommand, queries: Queries, hub: Hub) -> None:
        self._run = run
        self._queries = queries
        self._hub = hub

    async def __call__(
        self,
        caller: PersonCaller,
        command: Command,
        conversation_id: str,
        command_id: str,
        limit: float,
        if_version: int | None = None,
    ) -> SentMessage:
        """Waits up to `limit` seconds, 0 for not at all. Raises DomainError as the command does, and
        `channel_refused` (or the channel's own reason) when it was refused for good.
        """
        # Frames are heard from before the command on: one that comes ahead of its answer counts, too.
        with self._hearing(caller.account_id, conversation_id) as heard:
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
            heard.message_id = stored.id
            query = GetMessage(person=caller.person, conversation_id=conversation_id, message_id=stored.id)
            message = await self._outcome(query, caller.account_id, heard, limit)
        if message.delivery is DeliveryState.FAILED:
            reason = message.delivery_error or "refused"
            raise DomainError(
                ErrorCode.CHANNEL_REFUSED,
                f"The channel refused it: {reason}.",
                conversation_id=conversation_id,
            )
        return _as(message, accepted=message.delivery in _ACCEPTED)

    @contextmanager
    def _hearing(self, account_id: str, conversation_id: str) -> Iterator[_Heard]:
        heard = _Heard(account_id, conversation_id)
        suffix = conversation_id[-SUFFIX:]
        self._hub.watch(suffix, heard.look)
        try:
            yield heard
        finally:
            self._hub.unwatch(suffix, heard.look)

    async def _outcome(self, query: GetMessage, account_id: str, heard: _Heard, limit: float) -> MessageView:
        """The message once it is settled, or as it is at the deadline. The first look is for an outcome that
        was there already: whoever repeats a command gets no frame.
        """
        end = asyncio.get_running_loop().time() + limit
        in_time = True
        while True:
            message = await self._queries.ask(query, account_id=account_id, answer=MessageView)
            if message.delivery not in _OPEN or not in_time:
                return message
            in_time = await heard.before(end)

    async def _is_widget(self, caller: PersonCaller, conversation_id: str) -> bool:
        query = FindConversation(person=caller.person, conversation_id=conversation_id)
        found = await self._queries.ask(query, account_id=caller.account_id, answer=FoundConversation)
        return found.conversation is not None and found.conversation.channel is Channel.WIDGET


def _as(message: MessageView, *, accepted: bool) -> SentMessage:
    return SentMessage(**dict(message), accepted=accepted)
