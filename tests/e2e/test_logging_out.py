"""Log-out on two gateways: tokens and sockets end together, on both (GHSA-4hv6-xc92-j86g)."""

import asyncio
import json

import websockets

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually
from tests.patience import PATIENCE

BEN = account.PEOPLE[1]


async def test_after_log_out_neither_token_nor_socket_counts_on_any_replica(parley: Parley) -> None:
    first, second = parley.gateways
    session = (
        await parley.http.post(f"{first}/auth/login", json={"email": BEN.email, "password": BEN.password})
    ).json()
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    addresses = [address.replace("http", "ws", 1) + "/ws" for address in (first, second)]
    async with (
        websockets.connect(addresses[0], additional_headers=headers, proxy=None) as one,
        websockets.connect(addresses[1], additional_headers=headers, proxy=None) as two,
    ):
        for socket in (one, two):
            assert json.loads(await socket.recv())["type"] == "subscribed"
        out = await parley.http.post(f"{first}/auth/logout", headers=headers)
        assert out.status_code == 204
        for socket in (one, two):
            async with asyncio.timeout(10 * PATIENCE):
                await socket.wait_closed()
            assert socket.close_code == 4401

    async def refused() -> bool:
        answer = await parley.http.get(f"{second}/api/v1/conversations", headers=headers)
        return answer.status_code == 401

    await eventually(refused, "the other gateway refuses the token")
    assert (await parley.http.get(f"{first}/api/v1/conversations", headers=headers)).status_code == 401
    again = await parley.http.post(f"{second}/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert again.status_code == 401
    async with websockets.connect(addresses[1], additional_headers=headers, proxy=None) as socket:
        async with asyncio.timeout(10 * PATIENCE):
            await socket.wait_closed()
        assert socket.close_code == 4401
