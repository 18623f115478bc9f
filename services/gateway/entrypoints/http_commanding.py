"""What every route does that changes something: the Idempotency-Key, the command's id, the answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from libs.contracts.base import Actor, Command
from libs.contracts.conversation import Person
from services.gateway.domain.callers import PersonCaller
from services.gateway.entrypoints.http_conditions import if_match
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_once import IdempotencyKey, Once
from services.gateway.use_cases.run_command import RunCommand


class NoBody(BaseModel):
    """For the fingerprint of a request without a body."""


@dataclass(frozen=True)
class Call:
    """One request that changes something: who sent it, and under which Idempotency-Key."""

    request: Request
    caller: PersonCaller
    key: str | None

    @property
    def account_id(self) -> str:
        """The account of the caller."""
        return self.caller.account_id

    @property
    def person(self) -> Person:
        """Who calls, as a query names them."""
        return self.caller.person

    def actor(self) -> Actor:
        """Who calls, as a command names them."""
        return self.caller.actor()


async def _call(request: Request, caller: CurrentPerson, key: IdempotencyKey = None) -> Call:
    return Call(request, caller, key)


#: The request that changes something, as FastAPI hands it to a route.
CurrentCall = Annotated[Call, Depends(_call)]


class Commanding:
    """Carries out one request's command once an Idempotency-Key."""

    def __init__(self, once: Once, run: RunCommand) -> None:
        self._once = once
        self._run = run

    def command_id(self, call: Call) -> str:
        """The id of this request's command: the same for the same caller, method, path and key."""
        route = f"{call.request.method} {call.request.url.path}"
        return self._once.request_id(call.key, call.account_id, call.person.id, route)

    async def __call__(
        self,
        call: Call,
        command: Command,
        *,
        body: BaseModel | None = None,
        conversation_id: str | None = None,
        answer: type[BaseModel],
        status: int = 200,
    ) -> JSONResponse:
        """Have `command` carried out in its conversation's partition, or in the account's without one. With
        `If-Match` only while the conversation is as the caller saw it.
        """
        command_id = self.command_id(call)
        seen = if_match(call.request) if conversation_id is not None else None

        async def work() -> BaseModel:
            return await self._run(
                call.caller,
                command,
                conversation_id=conversation_id,
                command_id=command_id,
                answer=answer,
                if_version=seen,
            )

        return await self.once(call, command_id, body, work, status=status)

    async def once(
        self,
        call: Call,
        command_id: str,
        body: BaseModel | None,
        work: Callable[[], Awaitable[BaseModel]],
        *,
        status: int = 200,
        status_of: Callable[[dict[str, Any]], int] | None = None,
        headers: dict[str, str] | None = None,
    ) -> JSONResponse:
        """The same for work that is more than one command. `status_of` reads the status off the answer, so
        that a repeat has the same one.
        """
        answered = await self._once(call.key, command_id, body or NoBody(), work)
        # Dumped by its model already: validating it once more would only cost time.
        return JSONResponse(answered, status_of(answered) if status_of else status, headers=headers)
