"""Fakes of what asking a model needs: an endpoint that says what it is told to, a ledger in memory."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from services.ai.domain.model_calls import (
    CallRecord,
    ChatRequest,
    Circumstances,
    ModelFailed,
    Said,
    Spent,
    Usage,
)

HERE = Circumstances("acme", "c-1")


@dataclass
class ScriptedChat:
    """Says the script in order, the last line for ever; a ModelFailed is raised, "hang" never answers."""

    script: list[str | ModelFailed | Callable[[ChatRequest], str]]
    asked: list[ChatRequest] = field(default_factory=list)

    async def say(self, request: ChatRequest) -> Said:
        self.asked.append(request)
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, ModelFailed):
            raise line
        if callable(line):
            line = line(request)
        if line == "hang":
            await asyncio.Event().wait()
        return Said(line, Usage(100, 10))


@dataclass
class InMemoryUsage:
    """The ledger, for one process."""

    calls: list[CallRecord] = field(default_factory=list)
    before: int = 0

    async def spent(self, circumstances: Circumstances) -> tuple[Spent, Spent]:
        mine = [call for call in self.calls if call.circumstances.account_id == circumstances.account_id]
        here = [call for call in mine if call.circumstances.conversation_id == circumstances.conversation_id]
        return self._sum(here), self._sum(mine)

    def _sum(self, calls: list[CallRecord]) -> Spent:
        tokens = sum(call.usage.total for call in calls)
        return Spent(self.before + tokens, sum(call.cost for call in calls))

    async def record(self, call: CallRecord) -> None:
        self.calls.append(call)
