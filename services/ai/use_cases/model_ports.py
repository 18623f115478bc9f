"""What asking a language model needs from outside."""

from typing import Protocol

from services.ai.domain.model_calls import CallRecord, ChatRequest, Circumstances, Said, Spent


class ChatModel(Protocol):
    """One endpoint with its models."""

    async def say(self, request: ChatRequest) -> Said:
        """A complete answer. Raises ModelFailed; short retries are behind it, a time limit too."""
        ...


class UsageLedger(Protocol):
    """What models were asked and what it cost."""

    async def spent(self, circumstances: Circumstances) -> tuple[Spent, Spent]:
        """What was spent so far: on the conversation, and by the account today (UTC)."""
        ...

    async def record(self, call: CallRecord) -> None:
        """Write a call down. A ledger that is away for a moment must not cost an answer: it never raises for
        that.
        """
        ...
