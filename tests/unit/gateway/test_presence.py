"""Who has a socket at this gateway, and what is told of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import websockets

from libs.contracts.api_keys import KEY_ROLE
from libs.contracts.presence import GetPresence, Presence
from libs.runtime.clock import now
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.presence_board import PresenceBoard
from tests.unit.gateway.conftest import Served, Site
from tests.unit.gateway.fakes import HeardPresence
from tests.unit.gateway.samples import ACCOUNT, ANA, BEN, REQUESTER, until

CALLER = PersonCaller(ANA, now() + timedelta(days=1))
OTHER = PersonCaller(BEN, now() + timedelta(days=1))


@asynccontextmanager
async def running(board: PresenceBoard) -> AsyncIterator[None]:
    task = asyncio.create_task(board.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def board_of(reports: HeardPresence, warned: list[str] | None = None, renewal: float = 60.0) -> PresenceBoard:
    return PresenceBoard(reports, (warned if warned is not None else []).append, renewal=renewal)


async def test_several_sockets_are_one_person(site: Site) -> None:
    reports = HeardPresence()
    board = board_of(reports)
    async with running(board):
        first, second = board.join(CALLER), board.join(CALLER)
        await until(lambda: reports.heard == [(ANA.id, "online")])
        board.set(first, Presence.AWAY)
        await until(lambda: len(reports.heard) == 2)
        board.leave(second)
        await until(lambda: len(reports.heard) == 3)
        board.set(first, Presence.AWAY)
        board.leave(first)
        await until(lambda: len(reports.heard) == 4)
    assert [state for _, state in reports.heard] == ["online", "online", "away", "offline"]


async def test_what_is_told_is_renewed() -> None:
    reports = HeardPresence()
    board = board_of(reports, renewal=0.01)
    async with running(board):
        board.join(CALLER)
        await until(lambda: len(reports.heard) >= 3)
    assert set(reports.heard) == {(ANA.id, "online")}


async def test_what_could_not_be_told_is_told_later() -> None:
    reports, warned = HeardPresence(), list[str]()
    board = board_of(reports, warned, renewal=0.01)
    reports.away = True
    async with running(board):
        seat = board.join(CALLER)
        await until(lambda: bool(warned))
        board.leave(seat)
        reports.away = False
        await until(lambda: bool(reports.heard))
    assert reports.heard == [(ANA.id, "offline")]


async def test_at_the_end_nobody_is_here_any_more() -> None:
    reports = HeardPresence()
    board = board_of(reports)
    board.join(CALLER)
    board.join(OTHER)
    await board.close()
    assert sorted(reports.heard) == [(ANA.id, "offline"), (BEN.id, "offline")]


async def test_an_api_key_is_nobody_who_could_be_there() -> None:
    reports = HeardPresence()
    board = board_of(reports)
    seat = board.join(replace(CALLER, person=ANA.model_copy(update={"role": KEY_ROLE})))
    board.set(seat, Presence.AWAY)
    board.leave(seat)
    await board.close()
    assert (seat, reports.heard) == (None, [])


async def test_an_agents_socket_makes_them_online_until_it_is_gone(served: Served) -> None:
    site = served.site
    async with running(site.gateway.presence):
        token = site.token()
        async with websockets.connect(f"{served.ws}/ws?token={token}") as socket:
            await until(lambda: site.presence.heard == [(ANA.id, "online")])
            await socket.send(json.dumps({"type": "presence", "state": "away"}))
            await until(lambda: len(site.presence.heard) == 2)
            await socket.send(json.dumps({"type": "presence", "state": "offline"}))
            while json.loads(await socket.recv())["type"] != "error":
                pass
        await until(lambda: len(site.presence.heard) == 3)
    assert [state for _, state in site.presence.heard] == ["online", "away", "offline"]


async def test_the_team_sees_who_is_there(site: Site) -> None:
    shown = {"items": [{"person_id": ANA.id, "name": "Ana", "departments": ["IT"], "state": "away"}]}
    site.queries.result = shown
    answer = await site.client.get("/api/v1/presence", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, shown)
    assert site.queries.asked == [(ACCOUNT, GetPresence(person=ANA))]
    assert (await site.client.get("/api/v1/presence", headers=site.bearer(REQUESTER))).status_code == 403
