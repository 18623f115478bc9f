"""A real RabbitMQ as a child process, with its own folders, ports and port mapper."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aio_pika
from aio_pika.exceptions import AMQPError

from deploy.local.child import ChildProcess
from deploy.local.errors import LocalStackError, MissingProgramError, NotReadyError
from deploy.local.listening import until_listening
from deploy.local.ports import free_port
from deploy.local.rabbitmq_control import BrokerControl
from deploy.local.rabbitmq_files import (
    NodeSettings,
    erlang_environment,
    node_environment,
    node_name,
    server_program,
    write_files,
)

_GRACE = 20.0  # seconds for a clean stop; it takes about one
_CONNECT_SECONDS = 10.0


class RabbitMQ:
    """One broker node. Data, node name and ports stay the same over `stop`, `kill` and `start`.

    As a context manager it is started, and stopped cleanly at the end.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        dist_port: int = 0,
        epmd_port: int = 0,
        plugins: tuple[str, ...] = (),
        memory_limit_mib: int = 1024,
        extra_config: str = "",
        start_limit: float = 60.0,
    ) -> None:
        """Port 0 takes a free one; `start_limit` is in seconds; `extra_config` is lines of rabbitmq.conf."""
        self._settings = NodeSettings(
            data_dir=data_dir.resolve(),
            port=port or free_port(),
            dist_port=dist_port or free_port(),
            epmd_port=epmd_port or free_port(),
            memory_limit_mib=memory_limit_mib,
            plugins=plugins,
            extra_config=extra_config,
        )
        self._start_limit = start_limit
        self._server: ChildProcess | None = None
        self._port_mapper: ChildProcess | None = None
        self._control: BrokerControl | None = None

    @property
    def port(self) -> int:
        """Where it takes AMQP, on 127.0.0.1."""
        return self._settings.port

    @property
    def url(self) -> str:
        """AMQP address of the default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def vhost_url(self, name: str) -> str:
        """AMQP address of a virtual host."""
        return f"{self.url}{quote(name, safe='')}"

    @property
    def process(self) -> ChildProcess:
        """The server's process. LocalStackError before the first start."""
        if self._server is None:
            raise LocalStackError("this RabbitMQ has not been started")
        return self._server

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and wait until it takes AMQP connections.

        MissingProgramError, ChildDiedError or NotReadyError say what is wrong; nothing is left running then.
        """
        data = self._settings.data_dir
        write_files(self._settings)
        try:
            await self._start_port_mapper()
            self._server = await ChildProcess.start(
                "RabbitMQ",
                [str(server_program())],
                env=node_environment(self._settings),
                log_path=data / "rabbitmq.log",
                cwd=data,
            )
            await self._ready(self._server)
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """Stop it cleanly (about a second), then its port mapper. Safe to call twice."""
        await self._close_control()
        if self._server is not None:
            await self._server.stop(_GRACE)
        await self._stop_port_mapper()

    async def kill(self) -> None:
        """`kill -9`: for faults, and for an end whose data nobody needs.

        RabbitMQ 3.10 writes which log belongs to which quorum queue half a second late: a queue declared
        just before has no log and no leader after the restart. `settle` first, unless that is what is tested.
        """
        await self._close_control()
        if self._server is not None:
            await self._server.kill()
        await self._stop_port_mapper()

    async def settle(self) -> None:
        """Have the broker write now what it writes late: the directory of quorum queues."""
        await self.evaluate("[ok = dets:sync(Table) || Table <- dets:all()]")

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self.process.freeze()

    def thaw(self) -> None:
        """End a freeze."""
        self.process.thaw()

    async def evaluate(self, expression: str) -> str:
        """Evaluate an Erlang expression on the node: for faults, and for looking inside."""
        return await self._controlled().evaluate(expression)

    async def create_vhost(self, name: str) -> str:
        """Make a virtual host (about 50 ms); its AMQP address."""
        await self._controlled().create_vhost(name)
        return self.vhost_url(name)

    async def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with everything in it."""
        await self._controlled().delete_vhost(name)

    def _controlled(self) -> BrokerControl:
        if self._control is None:
            settings = self._settings
            self._control = BrokerControl(node_name(settings.data_dir), erlang_environment(settings))
        return self._control

    async def _close_control(self) -> None:
        if self._control is not None:
            await self._control.close()

    async def _start_port_mapper(self) -> None:
        # In the foreground as our child: the server would start one that detaches and stays for ever.
        if self._port_mapper is not None and self._port_mapper.running:
            return
        program = shutil.which("epmd")
        if program is None:
            raise MissingProgramError("Erlang's epmd is not on the PATH; it comes with rabbitmq-server.")
        settings = self._settings
        self._port_mapper = await ChildProcess.start(
            "epmd",
            [program, "-port", str(settings.epmd_port), "-address", "127.0.0.1"],
            env=erlang_environment(settings),
            log_path=settings.data_dir / "epmd.log",
            cwd=settings.data_dir,
        )
        await until_listening(self._port_mapper, settings.epmd_port, self._start_limit)

    async def _stop_port_mapper(self) -> None:
        if self._port_mapper is not None:
            await self._port_mapper.kill()  # it keeps nothing

    async def _ready(self, server: ChildProcess) -> None:
        await until_listening(server, self.port, self._start_limit)
        await check_broker(self.url)


async def check_broker(url: str) -> None:
    """Open an AMQP connection and close it. NotReadyError when there is no broker or it refuses."""
    try:
        connection = await aio_pika.connect(url, timeout=_CONNECT_SECONDS)
    except (OSError, AMQPError, TimeoutError) as error:
        host = url.rpartition("@")[2]
        raise NotReadyError(f"no AMQP connection to {host}: {type(error).__name__}: {error}") from error
    await connection.close()


@asynccontextmanager
async def rabbitmq_url(
    data_dir: Path,
    environ: Mapping[str, str],
    *,
    port: int = 0,
    dist_port: int = 0,
    epmd_port: int = 0,
) -> AsyncIterator[str]:
    """The broker's address for a block: the one in `RABBITMQ_URL`, or of a broker started here.

    NotReadyError when the given one does not answer.
    """
    given = environ.get("RABBITMQ_URL")
    if given:
        await check_broker(given)
        yield given
        return
    async with RabbitMQ(data_dir, port=port, dist_port=dist_port, epmd_port=epmd_port) as broker:
        yield broker.url
