"""The whole of Parley on one machine, as child processes: for `make run`, the demo, the benchmarks and tests.

async with LocalStack(folder) as stack:
    stack.gateway_url …
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.mongodb import mongodb_url
from deploy.local.ports import DEFAULT_PORTS, LocalPorts, free_port
from deploy.local.processes import ProcessSpec, Supervisor, python_module
from deploy.local.rabbitmq import rabbitmq_url

SERVICES = ("conversation", "delivery", "ai", "notify", "gateway")
STANDINS = "standins"
_BROKER_PORTS = ("rabbitmq", "rabbitmq_dist", "rabbitmq_epmd")
#: Seconds a service may take to become ready; the first start also makes indexes and 140 queues.
_READY_LIMIT = 60.0


@dataclass(frozen=True)
class Secrets:
    """What the services of one stack share."""

    secret_key: str
    jwt_secret: str

    @classmethod
    def kept_in(cls, file: Path) -> "Secrets":
        """Those of an earlier start, or new ones, readable by their owner alone."""
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        made = cls(base64.b64encode(secrets.token_bytes(32)).decode(), secrets.token_urlsafe(48))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(made.__dict__), encoding="utf-8")
        return made

    @property
    def key_bytes(self) -> bytes:
        """The sealing key itself."""
        return base64.b64decode(self.secret_key)


def free_ports() -> LocalPorts:
    """Ports for a stack beside others, as tests need it."""
    return LocalPorts({port.name: free_port() for port in DEFAULT_PORTS})


class LocalStack:
    """Broker, database, stand-ins and the five services. Servers that the environment names are used.

    `replicas` says how many processes of a service run; those beyond the first are named `<service>-2` and
    so on, on free ports.
    """

    def __init__(
        self,
        folder: Path,
        ports: LocalPorts | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        services: tuple[str, ...] = SERVICES,
        replicas: Mapping[str, int] | None = None,
        extra_env: Mapping[str, str] | None = None,
        broker_url: str | None = None,
        database_url: str | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.ports = ports or free_ports()
        self.secrets = Secrets.kept_in(self.folder / "secrets.json")
        self.services = services
        self.supervisor = Supervisor(self.folder / "logs")
        self.rabbitmq_url = broker_url or ""
        self.mongodb_url = database_url or ""
        self.names: list[str] = []
        self.replica_ports: dict[str, int] = {}
        self._environ = os.environ if environ is None else environ
        self._replicas = replicas or {}
        self.extra_env = dict(extra_env or {})
        self._exits = AsyncExitStack()

    @property
    def gateway_url(self) -> str:
        """The first gateway's address."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def standins_url(self) -> str:
        """The stand-ins' address."""
        return f"http://127.0.0.1:{self.ports[STANDINS]}"

    async def __aenter__(self) -> Self:
        """Start everything, in order, and wait until it is ready."""
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, in the reverse order."""
        await self._exits.aclose()

    async def _start(self) -> None:
        # Only what this stack starts itself is checked: a given server's port is somebody else's.
        needed = [STANDINS, *self.services]
        needed += [] if self.rabbitmq_url or "RABBITMQ_URL" in self._environ else list(_BROKER_PORTS)
        needed += [] if self.mongodb_url or "MONGODB_URL" in self._environ else ["mongodb"]
        self.ports.check_free(needed)
        ports = self.ports
        if not self.rabbitmq_url:
            self.rabbitmq_url = await self._exits.enter_async_context(
                rabbitmq_url(
                    self.folder / "rabbitmq",
                    self._environ,
                    port=ports["rabbitmq"],
                    dist_port=ports["rabbitmq_dist"],
                    epmd_port=ports["rabbitmq_epmd"],
                )
            )
        if not self.mongodb_url:
            self.mongodb_url = await self._exits.enter_async_context(
                mongodb_url(self.folder / "mongodb", self._environ, port=ports["mongodb"])
            )
        await self._exits.enter_async_context(self.supervisor)
        await self.supervisor.start(self._standins())
        await self.supervisor.start(*self._specs())

    def _standins(self) -> ProcessSpec:
        port = str(self.ports[STANDINS])
        spec = python_module(
            STANDINS, "libs.standins", "--port", port, port=int(port), env={}, ready_limit=_READY_LIMIT
        )
        return ProcessSpec(**{**spec.__dict__, "ready_url": f"{self.standins_url}/_control"})

    def _specs(self) -> list[ProcessSpec]:
        return [
            self.spec(service, number)
            for service in self.services
            for number in range(1, self._replicas.get(service, 1) + 1)
        ]

    def spec(self, service: str, number: int = 1) -> ProcessSpec:
        """How one process is started."""
        name = service if number == 1 else f"{service}-{number}"
        port = self.ports[service] if number == 1 else free_port()
        self.replica_ports[name] = port
        self.names.append(name)
        env = {
            "RABBITMQ_URL": self.rabbitmq_url,
            "MONGODB_URL": self.mongodb_url,
            "PARLEY_SECRET_KEY": self.secrets.secret_key,
            f"{service.upper()}_PORT": str(port),
            **self.extra_env,
        }
        if service == "gateway":
            env["GATEWAY_JWT_SECRET"] = self.secrets.jwt_secret
        if service == "delivery":
            # The stand-ins live on this machine.
            env.setdefault("DELIVERY_INSIDE_NETWORKS", "127.0.0.0/8 ::1/128")
            env.setdefault("DELIVERY_PUBLIC_URL", self.gateway_url)
        if service == "ai":
            env["AI_INDEX_FOLDER"] = str(self.folder / f"{name}-index")
        return python_module(name, f"services.{service}", port=port, env=env, ready_limit=_READY_LIMIT)
