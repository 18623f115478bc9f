"""The parts that most services stand on, put together once.

foundation = Foundation("delivery", settings, indexes=INDEXES)
foundation.consumers.work_queue(...)
return foundation.service
"""

import asyncio
from collections.abc import Mapping, Sequence

from pymongo import IndexModel

from libs.runtime import deduplication, lease, membership, outbox
from libs.runtime.consuming import Consumers
from libs.runtime.dead_letters import INDEXES as DEAD_LETTER_INDEXES
from libs.runtime.dead_letters import DeadLetterDrain
from libs.runtime.ids import new_id
from libs.runtime.membership import Membership
from libs.runtime.mongo import Store
from libs.runtime.outbox import Outbox, OutboxRelay
from libs.runtime.publisher import Publisher
from libs.runtime.rpc import RpcClient
from libs.runtime.service import Service
from libs.runtime.settings import ServiceSettings
from libs.runtime.topology import declare_topology

Indexes = Mapping[str, Sequence[IndexModel]]


class Foundation:
    """Store, publisher, consumers, membership and outbox of one service, started and stopped in order.

    A service that writes no events says `relays=False`: it has no outbox to relay.
    """

    def __init__(
        self, name: str, settings: ServiceSettings, *, indexes: Indexes, relays: bool = True
    ) -> None:
        self.service = Service(name, settings)
        self.store = Store(settings.mongodb_url, settings.database(name))
        self.publisher = Publisher(settings.rabbitmq_url, name)
        self.rpc = RpcClient(settings.rabbitmq_url, name)
        self.membership = Membership(self.store, settings.instance)
        self.outbox = Outbox(self.store)
        self.relay = OutboxRelay(self.store, self.outbox, self.publisher, settings.instance, self.membership)
        self.consumers = Consumers(settings.rabbitmq_url, self.publisher, name, self.membership)
        self.dead_letters = DeadLetterDrain(settings.rabbitmq_url, self.store, name)
        self._settings = settings
        self._relays = relays
        self._indexes: dict[str, Sequence[IndexModel]] = {
            **lease.INDEXES,
            **membership.INDEXES,
            **outbox.INDEXES,
            **deduplication.INDEXES,
            **DEAD_LETTER_INDEXES,
            **indexes,
        }
        self._wire()

    def _wire(self) -> None:
        service = self.service
        service.health.add_check("store", self.store.ping)
        service.health.add_check("broker", self._confirmed_publish)
        service.health.add_check("consumers", self.consumers.ping)
        service.on_start(self.store.ping)
        service.on_start(lambda: self.store.ensure_indexes(self._indexes))
        service.on_start(lambda: declare_topology(self._settings.rabbitmq_url))
        service.on_drain(lambda: self.consumers.drain(self._settings.grace_seconds / 2))
        if self._relays:
            service.on_drain(self.relay.publish_batch)
        # The newest first: others take over before this replica's connections close.
        service.on_stop(self._close_store)
        service.on_stop(self.publisher.close)
        service.on_stop(self.rpc.close)
        service.on_stop(self.consumers.stop)
        if self._relays:
            service.on_stop(self.relay.give_up)
        service.on_stop(self.membership.leave)

    def start_consuming(self) -> Service:
        """The last thing a composition root does: reading begins after every other part has started."""
        self.service.routes = self.consumers.routes
        self.service.on_start(self.consumers.start)
        self.service.background(*self.consumers.background(), self.membership.run, self.dead_letters.run)
        if self._relays:
            self.service.background(self.relay.run)
        return self.service

    async def _confirmed_publish(self) -> None:
        """A frozen broker keeps its connections open; only a confirm shows that it works. Nobody gets it."""
        await self.publisher.publish_raw(
            b"{}",
            exchange="",
            routing_key="parley.readiness",
            message_id=new_id(),
            message_type="readiness",
            mandatory=False,
            time_limit=2.0,
        )

    async def _close_store(self) -> None:
        await asyncio.to_thread(self.store.close)
