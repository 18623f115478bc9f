"""The conversation service, over the broker."""

from typing import Any, TypeVar

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.base import Command, Query
from libs.contracts.conversation import (
    EventPage,
    EventsAfter,
    FindConversation,
    FoundConversation,
    GetPerson,
    Person,
)
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.reading import ConversationThread, GetConversation, ListConversations
from libs.runtime.rpc import RpcClient
from services.gateway.domain.callers import VisitorCaller

_SERVICE = "conversation"

A = TypeVar("A", bound=BaseModel)


class ConversationService:
    """Its queries, and commands that wait for their answer."""

    def __init__(self, rpc: RpcClient, *, command_limit: float) -> None:
        self._rpc = rpc
        self._command_limit = command_limit

    async def carry_out(
        self,
        command: Command,
        *,
        conversation_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
        if_version: int | None = None,
    ) -> dict[str, Any]:
        """Send to the conversation's partition and wait. The command expires with the waiting."""
        try:
            crc = topology.conversation_crc(conversation_id)
        except ValueError as error:
            raise DomainError(
                ErrorCode.NOT_FOUND, "There is no such conversation.", conversation_id=conversation_id
            ) from error
        key = topology.partition(crc)
        return await self._send(
            command, key, account_id=account_id, id=id, subject=conversation_id, if_version=if_version
        )

    async def carry_out_in_thread(
        self,
        command: Command,
        *,
        connection_id: str,
        session_id: str,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """Send to the thread's partition and wait. The command expires with the waiting."""
        key = topology.partition(topology.thread_crc(connection_id, session_id))
        return await self._send(command, key, account_id=account_id, id=id, subject=None)

    async def carry_out_for_account(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """Send to the account's partition and wait. The command expires with the waiting."""
        key = topology.account_command_partition(account_id)
        return await self._send(command, key, account_id=account_id, id=id, subject=None)

    async def _send(
        self,
        command: Command,
        partition: str,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
        subject: str | None,
        if_version: int | None = None,
    ) -> dict[str, Any]:
        try:
            return await self._rpc.command(
                command,
                exchange=topology.CONVERSATION_COMMANDS,
                routing_key=f"{partition}.{command.type}",
                account_id=account_id,
                subject=subject,
                id=id,
                time_limit=self._command_limit,
                if_version=if_version,
            )
        except DomainError as error:
            if error.code != ErrorCode.EXPIRED:
                raise
            # It came too late and was not carried out: no rule said no, and the next try may be in time.
            raise TransientError(ErrorCode.UNAVAILABLE, error.detail, conversation_id=subject) from error

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """Any query."""
        return await self._rpc.ask(query, service=_SERVICE, account_id=account_id, answer=answer)

    async def list(self, query: ListConversations, *, account_id: str) -> bytes:
        """As it came."""
        return await self._rpc.ask_json(query, service=_SERVICE, account_id=account_id)

    async def thread(self, query: GetConversation, *, account_id: str) -> ConversationThread:
        """A thread; DomainError `not_found`."""
        return await self._rpc.ask(query, service=_SERVICE, account_id=account_id, answer=ConversationThread)

    async def find_for_person(
        self, person: Person, *, session_id: str | None = None, conversation_id: str | None = None
    ) -> FoundConversation:
        """What the person may see under this id."""
        query = FindConversation(person=person, session_id=session_id, conversation_id=conversation_id)
        return await self._find(query, person.account_id)

    async def find_for_visitor(self, visitor: VisitorCaller) -> FoundConversation:
        """The visitor's own."""
        query = FindConversation(connection_id=visitor.connection_id, session_id=visitor.session_id)
        return await self._find(query, visitor.account_id)

    async def _find(self, query: FindConversation, account_id: str) -> FoundConversation:
        try:
            return await self._rpc.ask(
                query, service=_SERVICE, account_id=account_id, answer=FoundConversation
            )
        except DomainError as error:
            if error.code == ErrorCode.NOT_FOUND:
                return FoundConversation()
            raise

    async def events_after(
        self, conversation_id: str, *, account_id: str, after: int, limit: int
    ) -> EventPage:
        """Events with higher sequences."""
        query = EventsAfter(conversation_id=conversation_id, after=after, limit=limit)
        return await self._rpc.ask(query, service=_SERVICE, account_id=account_id, answer=EventPage)


class ConversationPeople:
    """The directory of persons, which the conversation service keeps."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def find(self, person_id: str, account_id: str) -> Person | None:
        """A person of this account, or None."""
        try:
            person = await self._rpc.ask(
                GetPerson(person_id=person_id), service=_SERVICE, account_id=account_id, answer=Person
            )
        except DomainError as error:
            if error.code == ErrorCode.NOT_FOUND:
                return None
            raise
        return person if person.account_id == account_id else None
