"""Who of the team has a socket at this gateway, and what the conversation service is told of it.

One task tells, so that a person's reports keep their order. A report is a lease: it is renewed while there is
a socket, and ends by itself when this process does not come to say so.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from libs.contracts.base import Actor
from libs.contracts.errors import TransientError
from libs.contracts.presence import Presence
from services.gateway.domain.callers import PersonCaller

#: Seconds between renewals, and how long a report counts: two may be lost.
RENEWAL = 20.0
COUNTS_FOR = 60


class ReportPresenceOf(Protocol):
    """The way to the conversation service."""

    async def __call__(self, actor: Actor, account_id: str, state: Presence, seconds: int) -> None:
        """Tell how somebody is present here. Raises TransientError when nobody took it."""
        ...


@dataclass(eq=False)
class Seat:
    """One socket of somebody."""

    caller: PersonCaller
    state: Presence = Presence.ONLINE


class PresenceBoard:
    """Called on the event loop only."""

    def __init__(
        self, report: ReportPresenceOf, warn: Callable[[str], None], *, renewal: float = RENEWAL
    ) -> None:
        self._report = report
        self._warn = warn
        self._renewal = renewal
        self._seats: dict[tuple[str, str], list[Seat]] = {}
        self._untold: dict[tuple[str, str], PersonCaller] = {}
        self._wake = asyncio.Event()

    def join(self, caller: PersonCaller) -> Seat | None:
        """Somebody has a socket more. An API key is nobody who could be there."""
        if caller.is_key:
            return None
        seat = Seat(caller)
        self._seats.setdefault(_key(caller), []).append(seat)
        self._changed(caller)
        return seat

    def set(self, seat: Seat | None, state: Presence) -> None:
        """They say whether they are away."""
        if seat is not None and seat.state is not state:
            seat.state = state
            self._changed(seat.caller)

    def leave(self, seat: Seat | None) -> None:
        """The socket is gone."""
        if seat is None:
            return
        key = _key(seat.caller)
        self._seats[key].remove(seat)
        if not self._seats[key]:
            del self._seats[key]
        self._changed(seat.caller)

    async def run(self) -> None:
        """Tell every change, and renew what is told, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._renewal):
                    await self._wake.wait()
            except TimeoutError:
                self._untold = {key: seats[0].caller for key, seats in self._seats.items()} | self._untold
            self._wake.clear()
            await self._tell()

    async def close(self) -> None:
        """Nobody has a socket here any more: tell that, as far as it can be told."""
        self._untold |= {key: seats[0].caller for key, seats in self._seats.items()}
        self._seats.clear()
        await self._tell()

    async def _tell(self) -> None:
        for key, caller in list(self._untold.items()):
            states = {seat.state for seat in self._seats.get(key, ())}
            state = next((one for one in (Presence.ONLINE, Presence.AWAY) if one in states), Presence.OFFLINE)
            del self._untold[key]
            try:
                await self._report(caller.actor(), caller.account_id, state, COUNTS_FOR)
            except TransientError:
                # Told with the next renewal; who is gone by then, their lease ends by itself.
                self._untold.setdefault(key, caller)
                self._warn("presence not told")
                return

    def _changed(self, caller: PersonCaller) -> None:
        self._untold[_key(caller)] = caller
        self._wake.set()


def _key(caller: PersonCaller) -> tuple[str, str]:
    return caller.account_id, caller.person.id
