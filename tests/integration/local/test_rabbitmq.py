import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError
from pamqp.common import FieldTable

from deploy.local import rabbitmq, rabbitmq_files
from deploy.local.errors import BrokerControlError, MissingProgramError, NotReadyError
from deploy.local.ports import free_port, is_free
from deploy.local.rabbitmq import RabbitMQ, check_broker
from deploy.local.rabbitmq_management import ManagedBroker
from tests.conftest import Broker
from tests.integration.local.looking import is_empty, processes_of, until

_QUORUM: FieldTable = {"x-queue-type": "quorum"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rabbitmq")


@pytest.fixture(scope="module")
def management_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
async def own(data_dir: Path, management_port: int) -> AsyncIterator[RabbitMQ]:
    management = f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management_port}"
    broker = RabbitMQ(data_dir, plugins=("rabbitmq_management",), extra_config=management)
    await broker.start()
    yield broker
    await broker.kill()  # the management plugin makes a clean stop take six seconds
    await until(lambda: not processes_of(data_dir))


async def publish(channel: AbstractChannel, queue: str, body: bytes) -> None:
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    async with asyncio.timeout(10):
        assert await channel.default_exchange.publish(message, queue) is not None


async def test_a_confirmed_message_survives_kill_9_and_a_restart(own: RabbitMQ, data_dir: Path):
    url = await own.create_vhost("kill")
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments=_QUORUM)
        for number in range(20):
            await publish(channel, "kept", str(number).encode())
        first = own.process.pid
        await own.settle()
        await own.kill()
        await until(lambda: not processes_of(data_dir))
    await own.start()
    assert own.process.pid != first
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True, arguments=_QUORUM)
        bodies = [int((await queue.get(no_ack=True, timeout=10)).body) for _ in range(20)]
    assert bodies == list(range(20))


async def test_a_frozen_broker_confirms_nothing_and_goes_on_when_thawed(own: RabbitMQ):
    url = await own.create_vhost("frozen")
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("q", durable=True, arguments=_QUORUM)
        own.freeze()
        try:
            waiting = asyncio.create_task(publish(channel, "q", b"late"))
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
        finally:
            own.thaw()
        await waiting
        assert (await queue.get(no_ack=True, timeout=10)).body == b"late"


async def test_it_listens_on_this_machine_alone(own: RabbitMQ, management_port: int):
    settings = own._settings
    for port in (settings.port, settings.dist_port, settings.epmd_port, management_port):
        assert not is_free(port)
        with socket.socket() as other_address:  # refused if it had taken every address of the machine
            other_address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other_address.bind(("127.0.0.2", port))


async def test_an_expression_that_fails_is_an_error_and_the_next_one_is_answered(own: RabbitMQ):
    with pytest.raises(BrokerControlError, match="undef"):
        await own.evaluate("no_such_module:call()")
    with pytest.raises(BrokerControlError, match="unreadable"):
        await own.evaluate("this is not Erlang (")
    assert await own.evaluate("1 + 1") == "2"


async def test_an_expression_given_up_on_does_not_answer_the_next_one(own: RabbitMQ):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await own.evaluate("timer:sleep(1000), late")
    assert await own.evaluate("next") == "next"


async def test_virtual_hosts_of_another_broker_are_made_through_its_management_api(
    own: RabbitMQ, management_port: int
):
    async with ManagedBroker(own.url, f"http://guest:guest@127.0.0.1:{management_port}") as managed:
        url = await managed.create_vhost("made by http")
        await check_broker(url)
        await managed.delete_vhost("made by http")
        with pytest.raises(NotReadyError):
            await check_broker(url)
        with pytest.raises(BrokerControlError, match="404"):
            await managed.delete_vhost("made by http")


async def test_a_virtual_host_separates_queues_of_the_same_name(broker: Broker, broker_url: str):
    other = await broker.create_vhost("other")
    try:
        async with await aio_pika.connect(broker_url) as one, await aio_pika.connect(other) as two:
            channel, elsewhere = await one.channel(), await two.channel()
            await channel.declare_queue("same", durable=True, arguments=_QUORUM)
            await publish(channel, "same", b"here")
            queue = await elsewhere.declare_queue("same", durable=True, arguments=_QUORUM)
            assert await queue.get(no_ack=True, fail=False) is None
    finally:
        await broker.delete_vhost("other")
    with pytest.raises(AMQPError):
        await aio_pika.connect(other, timeout=5)


async def test_a_given_address_is_used_and_none_is_started(rabbitmq_url: str, tmp_path: Path):
    async with rabbitmq.rabbitmq_url(tmp_path, {"RABBITMQ_URL": rabbitmq_url}) as url:
        assert url == rabbitmq_url
    assert is_empty(tmp_path)


async def test_a_given_address_without_a_broker_is_reported_without_its_password(tmp_path: Path):
    address = f"amqp://someone:hidden-word@127.0.0.1:{free_port()}/"
    with pytest.raises(NotReadyError, match=r"no AMQP connection to 127\.0\.0\.1") as raised:
        async with rabbitmq.rabbitmq_url(tmp_path, {"RABBITMQ_URL": address}):
            pass
    assert "hidden-word" not in str(raised.value)


async def test_a_clean_stop_is_asked_for_once_and_leaves_nothing(private_rabbitmq: RabbitMQ):
    folder = private_rabbitmq._settings.data_dir
    assert processes_of(folder)
    await private_rabbitmq.stop()
    assert private_rabbitmq.process.returncode == 0
    await private_rabbitmq.stop()
    await until(lambda: not processes_of(folder))


async def test_a_missing_package_is_reported_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rabbitmq_files, "SERVER", tmp_path / "absent")
    with pytest.raises(MissingProgramError, match="apt-get install"):
        await RabbitMQ(tmp_path).start()
