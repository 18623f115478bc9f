"""Where connections are administered: the delivery service, over the broker."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.base import Command, Query
from libs.runtime.crypto import SealedBox
from libs.runtime.rpc import RpcClient

A = TypeVar("A", bound=BaseModel)

#: Seconds a command may take: delivery asks the platform, twice at most, ten seconds each.
LIMIT = 25.0


class DeliveryOffice:
    """The port ConnectionOffice."""

    def __init__(self, rpc: RpcClient, box: SealedBox) -> None:
        self._rpc = rpc
        self._box = box

    def seal(self, connection_id: str, credentials: Mapping[str, str]) -> str:
        """For this connection alone; nobody between here and delivery reads them."""
        plain = json.dumps(dict(credentials)).encode()
        return self._box.seal(plain, context=f"connect:{connection_id}")

    def open_generated(self, connection_id: str, sealed: str) -> dict[str, str]:
        """As delivery sealed them for this connection."""
        opened: dict[str, str] = json.loads(self._box.open(sealed, context=f"generated:{connection_id}"))
        return opened

    async def carry_out(
        self,
        command: Command,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the envelope's attribute
    ) -> dict[str, Any]:
        """Commanded."""
        return await self._rpc.command(
            command,
            exchange=topology.DELIVERY_COMMANDS,
            routing_key=command.type,
            account_id=account_id,
            id=id,
            time_limit=LIMIT,
        )

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        """Asked."""
        return await self._rpc.ask(query, service="delivery", account_id=account_id, answer=answer)
