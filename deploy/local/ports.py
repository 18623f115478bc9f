"""Ports on 127.0.0.1: the fixed ones of `make run`, each movable by a variable, and free ones for tests."""

import random
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deploy.local.errors import PortTakenError

# Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that a port
# stays ours while its server is down between a kill and a restart.
_FREE_RANGE = (20_000, 32_000)
_TRIES = 500

_random = random.SystemRandom()  # not seeded by pytest-randomly: two suites at once must not pick alike
_handed_out: set[int] = set()


@dataclass(frozen=True)
class NamedPort:
    """A port of the local stack: what listens there, its default, and the variable that moves it."""

    name: str
    default: int
    variable: str


DEFAULT_PORTS: tuple[NamedPort, ...] = (
    NamedPort("gateway", 8080, "GATEWAY_PORT"),
    NamedPort("conversation", 8081, "CONVERSATION_PORT"),
    NamedPort("delivery", 8082, "DELIVERY_PORT"),
    NamedPort("ai", 8083, "AI_PORT"),
    NamedPort("notify", 8084, "NOTIFY_PORT"),
    NamedPort("standins", 8090, "PARLEY_STANDINS_PORT"),
    NamedPort("rabbitmq", 5682, "PARLEY_RABBITMQ_PORT"),
    NamedPort("rabbitmq_dist", 25682, "PARLEY_RABBITMQ_DIST_PORT"),
    NamedPort("rabbitmq_epmd", 4379, "PARLEY_RABBITMQ_EPMD_PORT"),
    NamedPort("mongodb", 27027, "PARLEY_MONGODB_PORT"),
)


class LocalPorts:
    """The ports of one local stack, by name."""

    def __init__(self, numbers: Mapping[str, int], named: Iterable[NamedPort] = DEFAULT_PORTS) -> None:
        self._numbers = dict(numbers)
        self._variables = {port.name: port.variable for port in named}

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], named: tuple[NamedPort, ...] = DEFAULT_PORTS
    ) -> "LocalPorts":
        """Defaults, moved by the variables that are set. PortTakenError: not a port, or given twice."""
        numbers: dict[str, int] = {}
        for port in named:
            number = _number(environ.get(port.variable), port)
            twin = next((name for name, other in numbers.items() if other == number), None)
            if twin is not None:
                raise PortTakenError(
                    f"{port.name} and {twin} both have port {number}: move one of them,"
                    f" for example {port.variable}={free_port()}"
                )
            numbers[port.name] = number
        return cls(numbers, named)

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def check_free(self, names: Iterable[str]) -> None:
        """PortTakenError naming every taken port of `names` and the variable that moves it."""
        taken = [name for name in names if not is_free(self[name])]
        if taken:
            lines = [
                f"  port {self[name]} ({name}) is taken; {self._variables[name]}={free_port()} moves it"
                for name in taken
            ]
            lines.append("If Parley runs in another terminal already, stop it there with Ctrl-C.")
            raise PortTakenError("\n".join(lines))


def _number(text: str | None, port: NamedPort) -> int:
    if text is None or not text.strip():
        return port.default
    if not text.strip().isdecimal() or not 1 <= int(text) <= 65_535:
        raise PortTakenError(f"{port.variable}={text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free port of 127.0.0.1, none twice in this process. PortTakenError when none is left."""
    for _ in range(_TRIES):
        port = _random.randrange(*_FREE_RANGE)
        if port not in _handed_out and is_free(port):
            _handed_out.add(port)
            return port
    raise PortTakenError(f"no free port found between {_FREE_RANGE[0]} and {_FREE_RANGE[1]}")
