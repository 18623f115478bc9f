"""One thing done with many conversations: each on its own, with a result of its own."""

import asyncio
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from libs.contracts.base import Command
from libs.contracts.errors import ErrorCode, ParleyError, PermanentError, TransientError
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import DeriveId
from services.gateway.use_cases.run_command import RunCommand

#: Conversations of one request.
MOST = 100
#: Commands on their way at once: no request may fill the partitions for the others.
AT_ONCE = 8


class BulkItem(BaseModel):
    """What became of one conversation. `message_id` is that of a reply; `code` and `detail` say why not."""

    conversation_id: str
    done: bool
    code: str | None = None
    detail: str | None = None
    message_id: str | None = None


class BulkResult(BaseModel):
    """Every conversation that was named, in that order, each once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"conversation_id": "0190f1c2a3b4", "done": True},
                        {
                            "conversation_id": "0190f1c2a3b5",
                            "done": False,
                            "code": "invalid_transition",
                            "detail": "close is not possible while a conversation is archived",
                        },
                    ],
                    "done": 1,
                    "failed": 1,
                }
            ]
        }
    )

    items: tuple[BulkItem, ...]
    done: int
    failed: int


class PartlyDoneError(TransientError):
    """Some were refused for a passing reason: the result is true, but not the last word. The same request
    with the same key does what is left, and nothing twice.
    """

    def __init__(self, result: BulkResult) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, "not everything could be done now")
        self.result = result


class Answered(BaseModel):
    """What is read of a command's answer: the id of a message, where it is one."""

    model_config = ConfigDict(extra="ignore")

    conversation_id: str | None = None
    id: str


class BulkCommands:
    """`seconds`: past them nothing more is begun; what was not is answered as `unavailable`."""

    def __init__(
        self, run: RunCommand, *, derive_id: DeriveId, clock: Callable[[], float], seconds: float
    ) -> None:
        self._run = run
        self._derive_id = derive_id
        self._clock = clock
        self._seconds = seconds

    async def __call__(
        self,
        caller: PersonCaller,
        conversation_ids: Sequence[str],
        command_of: Callable[[str], Command],
        *,
        command_id: str,
    ) -> BulkResult:
        """The results. A command's id is made of the request's and its conversation's, so that a repeat does
        none twice. Raises PartlyDoneError when some may be done by the next try.
        """
        until = self._clock() + self._seconds
        free = asyncio.Semaphore(AT_ONCE)
        passing = False

        async def one(conversation_id: str) -> BulkItem:
            nonlocal passing
            try:
                async with free:
                    if self._clock() > until:
                        raise TransientError(ErrorCode.UNAVAILABLE, "There was no time left for it.")
                    return await self._one(caller, conversation_id, command_of, command_id)
            except ParleyError as error:
                passing = passing or isinstance(error, TransientError)
                # What went wrong inside is for the log alone.
                hidden = isinstance(error, PermanentError)
                return BulkItem(
                    conversation_id=conversation_id,
                    done=False,
                    code=ErrorCode.INTERNAL if hidden else error.code,
                    detail="Something went wrong." if hidden else error.detail,
                )

        items = await asyncio.gather(*(one(each) for each in dict.fromkeys(conversation_ids)))
        done = sum(item.done for item in items)
        result = BulkResult(items=tuple(items), done=done, failed=len(items) - done)
        if passing:
            raise PartlyDoneError(result)
        return result

    async def _one(
        self,
        caller: PersonCaller,
        conversation_id: str,
        command_of: Callable[[str], Command],
        command_id: str,
    ) -> BulkItem:
        answered = await self._run(
            caller,
            command_of(conversation_id),
            conversation_id=conversation_id,
            command_id=self._derive_id("bulk", command_id, conversation_id),
            answer=Answered,
        )
        # A conversation's own view names it by `id`; a message names its conversation, too.
        message_id = answered.id if answered.conversation_id is not None else None
        return BulkItem(conversation_id=conversation_id, done=True, message_id=message_id)
