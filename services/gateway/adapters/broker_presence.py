"""Presence, told to the account's partition of the conversation service."""

from libs.contracts import topology
from libs.contracts.base import Actor
from libs.contracts.presence import Presence, ReportPresence
from libs.runtime.ids import new_id
from libs.runtime.publisher import Publisher
from services.gateway.adapters.broker_inbound import encoded

#: Seconds until the broker must have confirmed.
_LIMIT = 5.0


class BrokerPresence:
    """Reports under a lease of this process."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._lease_id = new_id()

    async def __call__(self, actor: Actor, account_id: str, state: Presence, seconds: int) -> None:
        """Publish; nobody waits for an answer. Raises TransientError."""
        command = ReportPresence(actor=actor, lease_id=self._lease_id, state=state, seconds=seconds)
        command_id = new_id()
        await self._publisher.publish_raw(
            encoded(command, id=command_id, account_id=account_id),
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=f"{topology.account_command_partition(account_id)}.{command.type}",
            message_id=command_id,
            message_type=command.type,
            time_limit=_LIMIT,
        )
