"""Argon2 in threads of its own: one check takes tens of milliseconds and 64 MiB."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from libs.contracts.errors import ErrorCode, TransientError

T = TypeVar("T")

#: Checks at once, and checks that may wait. More than that is an attack, or needs another replica.
_AT_ONCE = 2
_MOST_WAITING = 32
_LIMIT = 10.0


class Argon2Passwords:
    """Makes hashes, and checks passwords. Where there is no hash, one of nobody's is checked, as long."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether they belong together. Raises TransientError when too many wait."""
        same = await self._in_thread(lambda: self._verify(password_hash or self._nobody, password))
        return same and password_hash is not None

    async def hash(self, password: str) -> str:
        """What is stored of a password. Raises TransientError when too many wait."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise TransientError(ErrorCode.UNAVAILABLE, "too many log-ins at once", retry_after=1)
        self._waiting += 1
        try:
            async with asyncio.timeout(_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError as error:
            raise TransientError(ErrorCode.UNAVAILABLE, "too many log-ins at once", retry_after=2) from error
        finally:
            self._waiting -= 1

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
