"""An agent at work, seen from outside: REST and one WebSocket."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx
import websockets

from deploy.local.demo.account import DemoPerson
from deploy.local.demo.timeline import StepFailedError

JsonObject = dict[str, Any]

#: Seconds within which a frame has to come.
_FRAME_LIMIT = 15.0


class AgentConsole:
    """Logged in over REST, listening on `/ws`."""

    def __init__(self, base_url: str, person: DemoPerson) -> None:
        self.person = person
        self._base_url = base_url
        self._http = httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False)
        self._frames: list[JsonObject] = []
        self._arrived = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self.token = ""

    async def __aenter__(self) -> Self:
        """Log in and connect."""
        answer = await self.request(
            "POST", "/auth/login", {"email": self.person.email, "password": self.person.password}
        )
        self.token = answer["access_token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        self._http.headers.update(headers)
        address = self._base_url.replace("http", "ws", 1) + "/ws"
        self._socket = await websockets.connect(address, additional_headers=headers, proxy=None)
        self._reader = asyncio.create_task(self._read())
        await self.frame("subscribed")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        if self._reader:
            self._reader.cancel()
        await self._socket.close()
        await self._http.aclose()

    async def request(
        self, method: str, path: str, body: JsonObject | None = None, **headers: str
    ) -> JsonObject:
        """Call the API; StepFailedError unless it answers 2xx."""
        answer = await self._http.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise StepFailedError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())

    async def subscribe(self, topic: str) -> JsonObject:
        """Listen to one more topic."""
        await self._socket.send(json.dumps({"type": "subscribe", "topic": topic}))
        return await self.frame("subscribed", lambda frame: frame.get("topic") == topic)

    async def send(self, frame: JsonObject) -> None:
        """Send a frame."""
        await self._socket.send(json.dumps(frame))

    async def frame(self, kind: str, matches: Callable[[JsonObject], bool] = lambda _: True) -> JsonObject:
        """Wait for a frame, also one that came before; each is returned once."""
        try:
            async with asyncio.timeout(_FRAME_LIMIT):
                while True:
                    for place, frame in enumerate(self._frames):
                        if frame.get("type") == kind and matches(frame):
                            return self._frames.pop(place)
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError as error:
            seen = [frame.get("type") for frame in self._frames]
            raise StepFailedError(f"{self.person.name} got no {kind} frame; there were {seen}") from error

    async def _read(self) -> None:
        async for text in self._socket:
            self._frames.append(json.loads(text))
            self._arrived.set()
