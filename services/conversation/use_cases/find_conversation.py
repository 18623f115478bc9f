"""The conversation that somebody wants to listen to."""

from dataclasses import dataclass

from libs.contracts.conversation import FindConversation, FoundConversation
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import actor_of, may_know
from services.conversation.use_cases.merged_reads import read_home
from services.conversation.use_cases.ports import Call, Conversations

#: Threads of one session that are looked through for one the caller may see: one a connection.
MOST_CONNECTIONS = 50


@dataclass(frozen=True)
class FindForListener:
    """Takes FindConversation."""

    conversations: Conversations

    async def __call__(self, query: FindConversation, call: Call) -> FoundConversation:
        """The conversation, or none when there is none yet or the caller may not know of it. Raises
        DomainError `invalid` when it is asked in no known way.
        """
        listener = actor_of(query.person, call.account_id) if query.person else None
        for found in await self._candidates(query, call):
            conversation = await read_home(self.conversations, found)
            if listener is None or may_know(conversation, listener):
                return FoundConversation(conversation=conversation.ref(), sequence=conversation.sequence)
        return FoundConversation()

    async def _candidates(self, query: FindConversation, call: Call) -> list[Conversation]:
        if query.person is not None and query.conversation_id is not None:
            return await self._by_id(query.conversation_id, call)
        if query.session_id is None or (query.person is None and query.connection_id is None):
            raise DomainError(ErrorCode.INVALID, "a thread is found by its id or its session")
        found = await self.conversations.of_session(
            call.account_id, query.session_id, query.connection_id, MOST_CONNECTIONS
        )
        return list(found)

    async def _by_id(self, conversation_id: str, call: Call) -> list[Conversation]:
        found = await self.conversations.find(call.account_id, conversation_id)
        return [found] if found else []
