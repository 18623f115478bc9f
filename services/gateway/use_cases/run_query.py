"""Ask the conversation service for a caller: most reads need no more than that."""

from typing import Protocol, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Query

A = TypeVar("A", bound=BaseModel)


class Queries(Protocol):
    """Queries that the conversation service answers. What may be seen, it decides by the person in them."""

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """The answer. Raises DomainError as the rules say, TransientError otherwise."""
        ...
