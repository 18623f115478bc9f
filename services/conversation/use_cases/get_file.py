"""A file of a conversation, for somebody who wants to read it."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.conversation import Attachment
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import GetFile
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.merged_reads import read_home
from services.conversation.use_cases.ports import Call, Conversations


class Attachments(Protocol):
    """The files that messages name."""

    async def attachment(self, account_id: str, conversation_id: str, file_id: str) -> Attachment | None:
        """The file, where a message of this very conversation names it."""


@dataclass(frozen=True)
class GetFileOfConversation:
    """Takes GetFile: the one place that decides who reads a file."""

    conversations: Conversations
    attachments: Attachments

    async def __call__(self, query: GetFile, call: Call) -> Attachment:
        """The attachment. Raises DomainError `not_found` also for a conversation that the caller may not see
        and for a file of another one, `invalid` when it is asked in no known way.
        """
        conversation = await self._of_person(query, call) if query.person else await self._own(query, call)
        for place in (conversation.id, *conversation.merged):
            found = await self.attachments.attachment(call.account_id, place, query.file_id)
            if found is not None:
                return found
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such file", conversation_id=conversation.id)

    async def _of_person(self, query: GetFile, call: Call) -> Conversation:
        if query.person is None or query.conversation_id is None:
            raise _unclear()
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        conversation = await read_home(self.conversations, conversation)
        require(conversation, actor_of(query.person, call.account_id), Action.READ)
        return conversation

    async def _own(self, query: GetFile, call: Call) -> Conversation:
        """A visitor's: the one of their thread."""
        if query.connection_id is None or query.session_id is None:
            raise _unclear()
        found = await self.conversations.of_session(call.account_id, query.session_id, query.connection_id, 1)
        if not found:
            raise not_found()
        return await read_home(self.conversations, found[0])


def _unclear() -> DomainError:
    return DomainError(ErrorCode.INVALID, "a file is read by a person, or by the visitor of a thread")
