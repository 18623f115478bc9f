"""The port ConnectionOffice: remembers what it was asked, and answers with what it was told."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Command, Query

A = TypeVar("A", bound=BaseModel)


class ScriptedOffice:
    def __init__(self) -> None:
        self.carried_out: list[tuple[str, str, Command]] = []
        self.asked: list[tuple[str, Query]] = []
        self.result: Any = {}
        self.error: Exception | None = None

    def seal(self, connection_id: str, credentials: Mapping[str, str]) -> str:
        return f"{connection_id}|{sorted(credentials)}"

    def open_generated(self, connection_id: str, sealed: str) -> dict[str, str]:
        context, _, secret = sealed.partition("|")
        assert context == connection_id
        return {"webhook_secret": secret}

    async def carry_out(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the port's
    ) -> dict[str, Any]:
        self.carried_out.append((account_id, id, command))
        if self.error is not None:
            raise self.error
        return dict(self.result)

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        self.asked.append((account_id, query))
        return answer.model_validate(self.result)
