"""The floor of `pipeline_ratio`: a bare script with the same confirmed publishes, consumes and store writes.

What the pipeline does for one message was counted on the running services (see `Work`); here one process does
just that, without rules, decoding, HTTP or a second process.
"""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.write_concern import WriteConcern

BODY = b"x" * 1500


@dataclass(frozen=True)
class Stage:
    """One consumer of the chain: the documents its transaction writes, and the further messages it publishes
    beside the one that goes on to the next stage.
    """

    name: str
    writes: int
    side_publishes: int = 0


@dataclass(frozen=True)
class Work:
    """What one message costs the pipeline."""

    stages: tuple[Stage, ...]

    @property
    def publishes(self) -> int:
        """Confirmed publishes a message, the webhook's own included."""
        return 1 + sum(stage.side_publishes for stage in self.stages) + len(self.stages) - 1

    @property
    def writes(self) -> int:
        """Documents written a message."""
        return sum(stage.writes for stage in self.stages)


class Floor:
    """Runs the chain on real queues and a real database."""

    def __init__(self, amqp_url: str, mongo_url: str, work: Work) -> None:
        self._amqp_url = amqp_url
        self._mongo_url = mongo_url
        self._work = work
        self._done = 0
        self._all = asyncio.Event()

    async def run(self, count: int, in_flight: int) -> float:
        """Messages a second through the whole chain."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self._mongo_url)
        self._database = client.get_database("bench_floor", write_concern=WriteConcern(w="majority"))
        self._client = client
        connection = await aio_pika.connect(self._amqp_url)
        async with connection:
            self._channel = await connection.channel(publisher_confirms=True)
            for place, stage in enumerate(self._work.stages):
                await self._database.drop_collection(stage.name)
                await self._database.create_collection(stage.name)
                await self._consume(connection, place, stage)
            await self._consume_side(connection)
            begun = perf_counter()
            gate = asyncio.Semaphore(in_flight)
            self._gate = gate
            for _ in range(count):
                await gate.acquire()
                await self._publish(self._queue(0))
            while self._done < count:
                self._all.clear()
                await self._all.wait()
            seconds = perf_counter() - begun
        await client.drop_database("bench_floor")
        client.close()
        return count / seconds

    @staticmethod
    def _queue(place: int) -> str:
        return f"bench.stage{place}"

    async def _consume_side(self, connection: Any) -> None:
        """What is published beside the chain is consumed as well."""
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.declare_queue("bench.side", durable=True, arguments={"x-queue-type": "quorum"})

        async def take(message: AbstractIncomingMessage) -> None:
            await message.ack()

        await queue.consume(take)

    async def _consume(self, connection: Any, place: int, stage: Stage) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.declare_queue(
            self._queue(place), durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.purge()

        async def handle(message: AbstractIncomingMessage) -> None:
            if stage.writes:
                await self._write(stage)
            publishes = [self._publish("bench.side") for _ in range(stage.side_publishes)]
            if place + 1 < len(self._work.stages):
                publishes.append(self._publish(self._queue(place + 1)))
            await asyncio.gather(*publishes)
            await message.ack()
            if place + 1 == len(self._work.stages):
                self._done += 1
                self._gate.release()
                self._all.set()

        await queue.consume(handle)

    async def _write(self, stage: Stage) -> None:
        collection = self._database[stage.name]
        async with await self._client.start_session() as session, session.start_transaction():
            for _ in range(stage.writes):
                await collection.insert_one({"_id": ObjectId(), "text": "x" * 300}, session=session)

    async def _publish(self, queue: str) -> None:
        await self._channel.default_exchange.publish(
            aio_pika.Message(BODY, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), routing_key=queue
        )
