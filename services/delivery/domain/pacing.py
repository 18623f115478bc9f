"""How fast, and how many at once, one connection may be used, and when it is left alone for a while.

Each connection has its own gate, so that a sick one holds back only itself. Times are seconds of one rising
clock.
"""

from dataclasses import dataclass
from math import inf

#: Seconds that a connection is left alone after failures in a row; the last is repeated.
BREAKER_PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)
#: Failures in a row that open the breaker.
BREAKER_AFTER = 5
#: Answers "too many requests" in a row, from whichever chats, that pause the whole connection.
LIMITED_AFTER = 2
#: Share of a second's messages that may leave at once after a silence.
_BURST = 0.25


@dataclass(slots=True)
class Gate:
    """The gate of one connection. `rate` is messages per second, `width` how many at once."""

    rate: float
    width: int
    in_flight: int = 0
    #: Somebody was turned away, and wants to know when there is room.
    starved: bool = False
    paused_until: float = -inf
    _tokens: float = inf
    _filled_at: float = 0.0
    _failures: int = 0
    _opened: int = 0
    _limited: int = 0

    def wait(self, moment: float) -> float:
        """Seconds until one more may enter: 0 now, infinite when that depends on somebody leaving."""
        width = 1 if self._opened else self.width  # after a pause one goes ahead to see
        if self.in_flight >= width:
            return inf
        self._fill(moment)
        refill = 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self.rate
        return max(refill, self.paused_until - moment, 0.0)

    def enter(self, moment: float) -> bool:
        """Take a place and a message's worth of the rate; False, and remembered, when there is none."""
        if self.wait(moment) > 0.0:
            self.starved = True
            return False
        self.in_flight += 1
        self._tokens -= 1.0
        return True

    def may_go_on(self, moment: float) -> bool:
        """Whether whoever has a place may use it for one more message."""
        self._fill(moment)
        return self._tokens >= 1.0 and self.paused_until <= moment

    def spend(self) -> None:
        """Take one more message's worth of the rate, for whoever keeps their place."""
        self._tokens -= 1.0

    def leave(self) -> bool:
        """Give the place back; whether somebody waits for it."""
        self.in_flight -= 1
        starved, self.starved = self.starved, False
        return starved

    def worked(self) -> None:
        """The platform answered as it should."""
        self._failures = self._opened = self._limited = 0

    def failed(self, moment: float) -> bool:
        """The platform was away or broken; whether the gate has just closed because of it."""
        self._failures += 1
        if self._failures < BREAKER_AFTER and not self._opened:
            return False
        if self.paused_until > moment:
            return False  # one of those that were under way when it closed
        self.paused_until = moment + BREAKER_PAUSES[min(self._opened, len(BREAKER_PAUSES) - 1)]
        self._opened += 1
        return True

    def limited(self, moment: float, seconds: float) -> bool:
        """The platform said "too many"; whether the whole connection pauses for it."""
        self._limited += 1
        if self._limited < LIMITED_AFTER:
            return False
        self.paused_until = max(self.paused_until, moment + seconds)
        return True

    def _fill(self, moment: float) -> None:
        burst = max(1.0, self.rate * _BURST)
        self._tokens = min(burst, self._tokens + (moment - self._filled_at) * self.rate)
        self._filled_at = moment


class Gates:
    """The gates of all connections, made when first needed; at most about `most` of them."""

    def __init__(self, width: int, most: int = 10_000) -> None:
        self._width = width
        self._most = most
        self._gates: dict[str, Gate] = {}

    def of(self, connection_id: str, rate: float) -> Gate:
        """The gate of a connection, with the rate that holds now."""
        gate = self._gates.get(connection_id)
        if gate is None:
            self._forget_idle()
            gate = self._gates[connection_id] = Gate(rate=rate, width=self._width)
        gate.rate = rate
        return gate

    def closed(self, moment: float) -> list[str]:
        """Connections that nobody may use now. At the others nobody is waiting any more: they may ask."""
        shut = []
        for name, gate in self._gates.items():
            if gate.wait(moment) > 0.0:
                shut.append(name)
            else:
                gate.starved = False
        return shut

    def next_opening(self, moment: float) -> float:
        """Seconds until a gate opens by itself at which somebody was turned away; infinite when none."""
        waits = (gate.wait(moment) for gate in self._gates.values() if gate.starved)
        return min(waits, default=inf)

    def _forget_idle(self) -> None:
        """Keep their number bounded; a gate without traffic is as good as a new one."""
        if len(self._gates) >= self._most:
            self._gates = {name: gate for name, gate in self._gates.items() if gate.in_flight or gate.starved}
