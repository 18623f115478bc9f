"""A webhook endpoint on a socket, for stand-ins of any platform."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send

from libs.standins.server import serving
from libs.standins.wire import Answer, read_body, send_answer
from tests.patience import PATIENCE


@dataclass
class Post:
    """A post as its receiver saw it."""

    body: bytes
    headers: dict[str, str]


@dataclass
class Hook:
    """Answers as told, and 200 when nothing is told."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    script: list[int] = field(default_factory=list)
    get: Any = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await send_answer(send, self.get(scope["query_string"].decode()))
            return
        body = await read_body(receive, 10_000_000)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = self.script.pop(0) if self.script else 200
        async with self._changed:
            self.posts.append(Post(body, headers))
            self._changed.notify_all()
        await send_answer(send, Answer(status, b"{}"))

    async def wait_for(self, count: int, seconds: float = 5.0) -> list[Post]:
        async with asyncio.timeout(seconds * PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.posts) >= count)
        return self.posts


@dataclass
class Hooks:
    """One server for the hooks of all tests, each at a path of its own: a late post meets only its own."""

    url: str = ""
    by_path: dict[str, Hook] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.by_path[scope["path"]](scope, receive, send)

    def new(self) -> Hook:
        """A hook at a new path."""
        path = f"/hook/{len(self.by_path)}"
        self.by_path[path] = Hook(f"{self.url}{path}")
        return self.by_path[path]

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator["Hooks"]:
        hooks = cls()
        async with serving(hooks) as hooks.url:
            yield hooks
