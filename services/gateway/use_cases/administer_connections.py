"""Connect, change, check and end the channels of an account's chatbots."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Command, Query
from libs.contracts.chatbots import ChatbotView, GetChatbot
from libs.contracts.connections import ChangeConnection, ConnectionAnswer, ConnectionMade
from libs.contracts.delivery import ConnectChannel
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.run_query import Queries

A = TypeVar("A", bound=BaseModel)


class ConnectionOffice(Protocol):
    """The service that keeps the connections."""

    def seal(self, connection_id: str, credentials: Mapping[str, str]) -> str:
        """Credentials as they may travel."""
        ...

    def open_generated(self, connection_id: str, sealed: str) -> dict[str, str]:
        """The generated credentials of a command's answer. Raises PermanentError when they do not open."""
        ...

    async def carry_out(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """A command's result. Raises DomainError as the rules say, TransientError otherwise."""
        ...

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """A query's answer."""
        ...


class AdministerConnections:
    """What is the delivery service's own rule is not repeated here; only the chatbot is another's."""

    def __init__(self, office: ConnectionOffice, queries: Queries) -> None:
        self._office = office
        self._queries = queries

    async def connect(
        self,
        caller: PersonCaller,
        *,
        connection_id: str,
        chatbot_id: str,
        channel: Channel,
        name: str,
        settings: Mapping[str, Any],
        credentials: Mapping[str, str],
    ) -> ConnectionMade:
        """A new connection, with the credentials that were generated for it. Raises DomainError `invalid`
        for a chatbot that the account does not have.
        """
        try:
            query = GetChatbot(person=caller.person, chatbot_id=chatbot_id)
            await self._queries.ask(query, account_id=caller.account_id, answer=ChatbotView)
        except DomainError as error:
            if error.code == ErrorCode.NOT_FOUND:
                raise DomainError(ErrorCode.INVALID, "There is no such chatbot.") from error
            raise
        command = ConnectChannel(
            actor=caller.actor(),
            connection_id=connection_id,
            chatbot_id=chatbot_id,
            channel=channel,
            name=name,
            settings=dict(settings),
            sealed_credentials=self._office.seal(connection_id, credentials) if credentials else None,
        )
        return await self._make(caller, command, connection_id, connection_id)

    async def rotate(
        self, caller: PersonCaller, connection_id: str, credentials: Mapping[str, str], command_id: str
    ) -> ConnectionMade:
        """Other credentials in place of those that are kept, with those that were generated."""
        command = ChangeConnection(
            actor=caller.actor(),
            connection_id=connection_id,
            sealed_credentials=self._office.seal(connection_id, credentials),
        )
        return await self._make(caller, command, connection_id, command_id)

    async def run(self, caller: PersonCaller, command: Command, *, command_id: str, answer: type[A]) -> A:
        """Any command about connections."""
        result = await self._office.carry_out(command, account_id=caller.account_id, id=command_id)
        return answer.model_validate(result)

    async def ask(self, caller: PersonCaller, query: Query, answer: type[A]) -> A:
        """Any query about connections."""
        return await self._office.ask(query, account_id=caller.account_id, answer=answer)

    async def _make(
        self, caller: PersonCaller, command: Command, connection_id: str, command_id: str
    ) -> ConnectionMade:
        answer = await self.run(caller, command, command_id=command_id, answer=ConnectionAnswer)
        generated = {}
        if answer.sealed_generated is not None:
            generated = self._office.open_generated(connection_id, answer.sealed_generated)
        return ConnectionMade(
            **answer.model_dump(exclude={"sealed_generated"}), generated_credentials=generated
        )
