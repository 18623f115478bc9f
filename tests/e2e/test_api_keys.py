"""An API key from outside: made on one gateway, used on the other, revoked everywhere at once."""

import asyncio
import json

import websockets

from deploy.local.demo import account
from tests.e2e.parley import Parley
from tests.patience import PATIENCE

UMA = account.PEOPLE[6]
LIST = "/api/v1/conversations"


async def test_a_key_does_what_its_scopes_say_until_it_is_revoked(parley: Parley) -> None:
    first, second = parley.gateways
    log_in = {"email": UMA.email, "password": UMA.password}
    uma = (await parley.http.post(f"{first}/auth/login", json=log_in)).json()["access_token"]
    ticket = (
        await parley.http.post(
            f"{first}/tickets",
            json={"department": "IT", "subject": "Dock", "content": "It blinks."},
            headers={"Authorization": f"Bearer {uma}"},
        )
    ).json()["id"]
    async with parley.console() as admin:
        wanted = {"name": "Reporting", "scopes": ["conversations:read"]}
        key = await admin.request("POST", "/api/v1/api-keys", wanted)
        headers = {"Authorization": f"Bearer {key['token']}"}

        read = await parley.http.get(f"{second}{LIST}/{ticket}", headers=headers)
        assert (read.status_code, read.json()["messages"][0]["content"]) == (200, "It blinks.")
        closed = await parley.http.post(f"{first}{LIST}/{ticket}/close", json={}, headers=headers)
        assert (closed.status_code, closed.json()["code"]) == (403, "forbidden")

        address = second.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
            assert json.loads(await socket.recv())["type"] == "subscribed"
            gone = await admin.request("DELETE", f"/api/v1/api-keys/{key['id']}")
            assert gone["revoked_at"] is not None
            async with asyncio.timeout(10 * PATIENCE):
                await socket.wait_closed()
            assert socket.close_code == 4401
    for gateway in (first, second):
        assert (await parley.http.get(f"{gateway}{LIST}", headers=headers)).status_code == 401
