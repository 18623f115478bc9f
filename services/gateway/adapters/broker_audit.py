"""The audit trail, which the conversation service keeps: told over the broker, with a confirm."""

import asyncio
from collections.abc import Mapping

from libs.contracts import topology
from libs.contracts.audit import RecordAction
from libs.contracts.envelope import wrap
from libs.contracts.errors import TransientError
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.logs import get_logger
from libs.runtime.publisher import Publisher
from libs.runtime.telemetry import current_traceparent
from services.gateway.domain.callers import PersonCaller

_log = get_logger("audit")


#: Refusals that may wait to be told; past it they are in the log alone.
_MOST_WAITING = 1_000


class BrokerAudit:
    """One command an action, to the account's partition. Refusals are told behind the answer: how long a
    refusal takes shall not tell whether there is somebody of that name.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(
        self,
        caller: PersonCaller,
        action: str,
        *,
        targets: Mapping[str, str] | None = None,
        refused: str | None = None,
    ) -> None:
        """Publish it. While the broker is away the entry is in the log instead, with the same ids."""
        telling = self._tell(caller, action, targets or {}, refused)
        if refused is None or len(self._telling) >= _MOST_WAITING:
            await telling
            return
        task = asyncio.create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def drain(self) -> None:
        """Have told what is being told."""
        await asyncio.gather(*self._telling)

    async def _tell(
        self, caller: PersonCaller, action: str, targets: Mapping[str, str], refused: str | None
    ) -> None:
        command = RecordAction(
            actor=caller.actor(),
            action=action,
            targets=dict(targets),
            result="refused" if refused else "done",
            code=refused,
        )
        envelope = wrap(
            command,
            id=new_id(),
            source="parley/gateway",
            time=now(),
            accountid=caller.account_id,
            traceparent=current_traceparent(),
        )
        partition = topology.account_command_partition(caller.account_id)
        try:
            await self._publisher.publish(
                envelope,
                exchange=topology.CONVERSATION_COMMANDS,
                routing_key=f"{partition}.{command.type}",
            )
        except TransientError as error:
            _log.warning(
                "audit entry not told",
                code=error.code,
                action=action,
                actor=caller.person.id,
                account=caller.account_id,
                refused=refused,
            )
