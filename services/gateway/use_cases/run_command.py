"""Have a command carried out for a caller: most changes need no more than that."""

from typing import TypeVar

from pydantic import BaseModel

from libs.contracts.base import Command
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import ConversationCommands

A = TypeVar("A", bound=BaseModel)


class RunCommand:
    """Every rule stands where the command is carried out; this only takes it there and waits."""

    def __init__(self, commands: ConversationCommands) -> None:
        self._commands = commands

    async def __call__(
        self,
        caller: PersonCaller,
        command: Command,
        *,
        conversation_id: str | None,
        command_id: str,
        answer: type[A],
        if_version: int | None = None,
    ) -> A:
        """The command's answer. Without a `conversation_id` it goes to the partition of the account.

        Raises DomainError as the rules say, TransientError otherwise.
        """
        if conversation_id is None:
            result = await self._commands.carry_out_for_account(
                command, account_id=caller.account_id, id=command_id
            )
        else:
            result = await self._commands.carry_out(
                command,
                conversation_id=conversation_id,
                account_id=caller.account_id,
                id=command_id,
                if_version=if_version,
            )
        return answer.model_validate(result)
