"""parley dlq, as an operator runs it: against the real broker and the real store."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass

import pytest

from libs.contracts import topology
from libs.runtime.clock import now
from libs.runtime.mongo import Store
from libs.runtime.topology import declare_topology
from tests.integration.runtime.messages import step
from tests.integration.runtime.waiting import depth
from tests.patience import PATIENCE

QUEUE = topology.AI_ANSWER_CONTACT.name
ELSEWHERE = topology.DELIVERY_CONNECT_CHANNEL.name
WRITTEN = "what the contact wrote"


@dataclass
class Installation:
    """Where the command is pointed at."""

    environment: dict[str, str]
    broker: str

    async def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli.main",
            "dlq",
            *arguments,
            env={**os.environ, **self.environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30 * PATIENCE):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def installation(broker_url: str, mongodb_url: str, database_prefix: str) -> Installation:
    """Three letters of the AI service and one of delivery."""
    wanted = [queue for queue in topology.QUEUES if queue.name in {QUEUE, ELSEWHERE}]
    await declare_topology(broker_url, queues=wanted, tiers={})
    for service, queue, number in (("ai", QUEUE, 3), ("delivery", ELSEWHERE, 1)):
        store = Store(mongodb_url, f"{database_prefix}_{service}")
        for index in range(number):
            await store.database["dead_letters"].insert_one(
                {
                    "_id": f"{queue}:m{index}",
                    "queue": queue,
                    "type": "test.step.v1",
                    "message_id": f"m{index}",
                    "code": "internal",
                    "reason": "ValueError",
                    "at": now(),
                    "kept_as": f"k{index}",
                    "body": step(WRITTEN, index).encode(),
                }
            )
        store.close()
    return Installation(
        {"RABBITMQ_URL": broker_url, "MONGODB_URL": mongodb_url, "PARLEY_DATABASE_PREFIX": database_prefix},
        broker_url,
    )


async def test_list_shows_every_letter_without_its_body(installation: Installation):
    code, out, _ = await installation.run("list")
    assert code == 0
    assert all(f"{QUEUE}:m{index}" in out for index in range(3))
    assert f"{ELSEWHERE}:m0" in out
    assert WRITTEN not in out


async def test_list_narrows_by_service_and_queue_and_speaks_json(installation: Installation):
    code, out, _ = await installation.run("list", "--service", "delivery", "--json")
    (letter,) = json.loads(out)
    assert code == 0
    assert letter["id"] == f"{ELSEWHERE}:m0"
    assert set(letter) == {"id", "queue", "type", "message_id", "code", "reason", "at"}
    _, out, _ = await installation.run("list", "--queue", QUEUE, "--json")
    assert len(json.loads(out)) == 3
    assert (await installation.run("list", "--service", "nobody"))[0] == 2


async def test_show_gives_the_body_with_a_warning(installation: Installation):
    code, out, err = await installation.run("show", f"{QUEUE}:m1")
    assert code == 0
    assert WRITTEN in out
    assert "personal data" in err
    code, out, _ = await installation.run("show", f"{QUEUE}:m1", "--json")
    assert WRITTEN in json.loads(out)["body"]


async def test_replay_puts_the_message_back_and_forgets_the_letter(installation: Installation):
    code, out, _ = await installation.run("replay", f"{QUEUE}:m1")
    assert (code, out.strip()) == (0, "1 replayed, 0 not")
    assert await depth(installation.broker, QUEUE) == 1
    assert len(json.loads((await installation.run("list", "--queue", QUEUE, "--json"))[1])) == 2


async def test_replay_all_stays_within_the_selection(installation: Installation):
    code, out, _ = await installation.run("replay", "--all", "--service", "ai")
    assert (code, out.strip()) == (0, "3 replayed, 0 not")
    assert [await depth(installation.broker, name) for name in (QUEUE, ELSEWHERE)] == [3, 0]


async def test_drop_forgets_after_asking(installation: Installation):
    assert (await installation.run("drop", "--all", "--service", "ai"))[0] == 1  # nobody there to say yes
    assert (await installation.run("drop", "--all", "--service", "ai", "--yes"))[0] == 0
    assert (await installation.run("drop", f"{ELSEWHERE}:m0"))[0] == 0
    code, out, _ = await installation.run("list")
    assert (code, out.strip()) == (0, "no dead letters")


async def test_unknown_ids_are_refused_and_do_not_keep_the_others_from_it(installation: Installation):
    for command in ("show", "replay", "drop"):
        for unknown in (f"{QUEUE}:nothing", "nobody:m1"):
            code, _, err = await installation.run(command, unknown)
            assert code == 1
            assert "no dead letter" in err
    code, out, _ = await installation.run("replay", f"{QUEUE}:nothing", f"{QUEUE}:m0")
    assert (code, out.strip()) == (1, "1 replayed, 1 not")


async def test_ids_and_all_exclude_each_other(installation: Installation):
    assert (await installation.run("replay"))[0] == 2
    assert (await installation.run("replay", "--all", f"{QUEUE}:m0"))[0] == 2


async def test_a_broker_or_store_that_is_away_is_said_in_a_line(installation: Installation):
    code, _, err = await installation.run("list", MONGODB_URL="mongodb://127.0.0.1:1/")
    assert code == 3
    assert "the store is away" in err
    assert "MONGODB_URL" in err
    assert "Traceback" not in err
    code, _, err = await installation.run("replay", f"{QUEUE}:m0", RABBITMQ_URL="amqp://127.0.0.1:1/")
    assert code == 3
    assert "the broker is away" in err
    assert len(json.loads((await installation.run("list", "--queue", QUEUE, "--json"))[1])) == 3
