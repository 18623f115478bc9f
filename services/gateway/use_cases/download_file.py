"""Read a file of a conversation."""

from libs.contracts.conversation import Attachment
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.files import GetFile, StoredFile
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.use_cases.file_ports import Files
from services.gateway.use_cases.run_query import Queries


class DownloadFile:
    """The conversation decides who reads what; an id alone opens nothing."""

    def __init__(self, files: Files, queries: Queries) -> None:
        self._files = files
        self._queries = queries

    async def by_person(self, caller: PersonCaller, conversation_id: str, file_id: str) -> StoredFile:
        """What is known of it. Raises DomainError `not_found`."""
        query = GetFile(person=caller.person, conversation_id=conversation_id, file_id=file_id)
        return await self._stored(query, caller.account_id)

    async def by_visitor(self, visitor: VisitorCaller, file_id: str) -> StoredFile:
        """The same for the visitor's own thread."""
        query = GetFile(connection_id=visitor.connection_id, session_id=visitor.session_id, file_id=file_id)
        return await self._stored(query, visitor.account_id)

    async def _stored(self, query: GetFile, account_id: str) -> StoredFile:
        await self._queries.ask(query, account_id=account_id, answer=Attachment)
        stored = await self._files.find(account_id, query.file_id)
        if stored is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such file.")
        return stored
