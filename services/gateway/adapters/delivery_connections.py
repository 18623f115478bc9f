"""Channel connections, asked of the delivery service and remembered for a while.

On the way of every webhook: a hit costs one dictionary look-up. The answer travels sealed.
"""

import asyncio
from collections import OrderedDict
from time import monotonic

from libs.contracts.connections import ConnectionPage, ListConnections
from libs.contracts.delivery import ConnectionSecrets, GetConnection, SealedConnection
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox
from libs.runtime.rpc import RpcClient

#: Seconds a connection is remembered, and that there is none.
REMEMBERED = 60.0
REMEMBERED_MISSING = 5.0
_MOST = 10_000
_AT_ONCE = 64
#: Pages of an account's connections that are looked through.
_MOST_PAGES = 10


def sealing_context(connection_id: str) -> str:
    """What delivery seals its answer with."""
    return f"connection:{connection_id}"


class DeliveryConnections:
    """A cache in front of the query. Many who ask for the same one at once ask once."""

    def __init__(self, rpc: RpcClient, box: SealedBox) -> None:
        self._rpc = rpc
        self._box = box
        self._known: OrderedDict[str, tuple[float, ConnectionSecrets | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[ConnectionSecrets | None]] = {}

    async def find(self, connection_id: str) -> ConnectionSecrets | None:
        """The connection, or None. Raises TransientError when nobody can tell: fail closed."""
        known = self._known.get(connection_id)
        if known is not None and known[0] > monotonic():
            return known[1]
        asking = self._asking.get(connection_id)
        if asking is None:
            if len(self._asking) >= _AT_ONCE:
                raise TransientError(ErrorCode.UNAVAILABLE, "too many look-ups at once", retry_after=1)
            asking = asyncio.get_running_loop().create_task(self._ask(connection_id))
            asking.add_done_callback(_looked_at)
            self._asking[connection_id] = asking
        # Shielded: one caller who hangs up does not take the answer from the others.
        return await asyncio.shield(asking)

    async def of_number(self, account_id: str, number: str) -> ConnectionSecrets | None:
        """Asked anew each time: few posts name a number that is another connection's."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._rpc.ask(
                ListConnections(cursor=cursor, page_size=100),
                service="delivery",
                account_id=account_id,
                answer=ConnectionPage,
            )
            for one in page.items:
                if one.channel is Channel.WHATSAPP and str(one.settings.get("phone_number_id")) == number:
                    return await self.find(one.id)
            cursor = page.next_cursor
            if cursor is None:
                break
        return None

    def drop(self, connection_id: str) -> None:
        """It has changed. An answer that is on its way may be old, and is not remembered either."""
        self._known.pop(connection_id, None)
        self._asking.pop(connection_id, None)

    def drop_all(self) -> None:
        """Changes may have been missed."""
        self._known.clear()
        self._asking.clear()

    async def _ask(self, connection_id: str) -> ConnectionSecrets | None:
        me = asyncio.current_task()
        try:
            connection = await self._query(connection_id)
            if self._asking.get(connection_id) is me:
                self._remember(connection_id, connection)
            return connection
        finally:
            if self._asking.get(connection_id) is me:
                del self._asking[connection_id]

    async def _query(self, connection_id: str) -> ConnectionSecrets | None:
        try:
            answer = await self._rpc.ask(
                GetConnection(connection_id=connection_id),
                service="delivery",
                account_id="unknown",
                answer=SealedConnection,
            )
        except DomainError as error:
            if error.code == ErrorCode.NOT_FOUND:
                return None
            raise
        plain = self._box.open(answer.sealed, context=sealing_context(connection_id))
        connection = ConnectionSecrets.model_validate_json(plain)
        return connection if connection.connection_id == connection_id else None

    def _remember(self, connection_id: str, connection: ConnectionSecrets | None) -> None:
        lifetime = REMEMBERED if connection is not None else REMEMBERED_MISSING
        self._known.pop(connection_id, None)
        self._known[connection_id] = (monotonic() + lifetime, connection)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


def _looked_at(task: asyncio.Task[ConnectionSecrets | None]) -> None:
    """An error that every caller hung up on is nobody's any more."""
    if not task.cancelled():
        task.exception()
