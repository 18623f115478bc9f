"""Queries: answered from the store, without a transaction."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel

from libs.contracts.base import Message, Written
from libs.runtime.clock import now
from libs.runtime.received import Handler, Received
from services.conversation.use_cases.ports import Call

QueryCase = Callable[[Any, Call], Awaitable[BaseModel | Written]]


def query_routes(use_cases: Mapping[type[Message], QueryCase]) -> dict[type[Message], Handler]:
    """A route for each query."""
    return {kind: _route(use_case) for kind, use_case in use_cases.items()}


def _route(use_case: QueryCase) -> Handler:
    async def handle(received: Received[Any]) -> BaseModel | Written:
        envelope = received.envelope
        return await use_case(received.message, Call(envelope.accountid, envelope.id, now()))

    return handle
