"""MongoDB through Motor: one client a process, majority writes, time limits on everything.

Motor and pymongo are imported here and in adapters alone.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import IndexModel
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from libs.contracts.errors import ErrorCode, TransientError

T = TypeVar("T")
Session = AsyncIOMotorClientSession

#: Attempts of a transaction that lost against another one. They are short: the last waits about 0.2 s.
_CONFLICT_ATTEMPTS = 6
#: Milliseconds a write may wait for its majority.
_MAJORITY_LIMIT = 5_000
_DUPLICATE_KEY = 11_000
#: Server errors that say "not now": shutting down, no primary, out of disk, interrupted.
_PASSING_CODES = frozenset(
    {6, 7, 50, 89, 91, 112, 189, 251, 262, 317, 9001, 10107, 11600, 11602, 13435, 13436, 14031}
)


class Store:
    """A service's database.

    Passing failures leave it as TransientError with code `unavailable`; a duplicate key stays what it is,
    because it is an answer.
    """

    def __init__(
        self, url: str, database: str, client: AsyncIOMotorClient[dict[str, Any]] | None = None
    ) -> None:
        self._url = url
        self.client: AsyncIOMotorClient[dict[str, Any]] = client or AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=3_000,
            connectTimeoutMS=3_000,
            socketTimeoutMS=15_000,
            maxPoolSize=100,
            retryWrites=True,
            appname="parley",
        )
        self.database = self.client.get_database(
            database,
            codec_options=CodecOptions(tz_aware=True),
            write_concern=WriteConcern(w="majority", wtimeout=_MAJORITY_LIMIT),
        )
        self._transaction_concern = WriteConcern(w="majority", wtimeout=_MAJORITY_LIMIT)

    def beside(self, database: str) -> "Store":
        """Another database of the same server, through the same connections; closed with this one."""
        return Store(self._url, database, self.client)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn the store's passing failures into TransientError."""
        try:
            yield
        except BulkWriteError as error:
            raise _as_one(error) from error
        except PyMongoError as error:
            if is_passing(error):
                raise TransientError(ErrorCode.UNAVAILABLE, "the store is away", retry_after=2) from error
            raise

    async def transaction(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it with a majority.

        `work` may run several times, when another transaction was faster; what it does outside of the
        session must bear that.
        """
        with self.guarded():
            async with await self.client.start_session() as session:
                for attempt in range(_CONFLICT_ATTEMPTS):
                    try:
                        async with session.start_transaction(
                            read_concern=ReadConcern("snapshot"), write_concern=self._transaction_concern
                        ):
                            result = await work(session)
                            await _uninterrupted(self._commit(session))
                            return result
                    except PyMongoError as error:
                        last = attempt == _CONFLICT_ATTEMPTS - 1
                        if last or not error.has_error_label("TransientTransactionError"):
                            raise
                        if isinstance(error, ConnectionFailure):
                            raise
                    await asyncio.sleep(random.uniform(0.001, 0.01) * 2**attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    @staticmethod
    async def _commit(session: Session) -> None:
        """Commit, once more where the outcome is unknown: a repeated commit is answered as the first."""
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            await session.commit_transaction()

    async def ensure_indexes(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Create collections and indexes that are missing. Transactions need their collections to exist."""
        with self.guarded():
            existing = set(await self.database.list_collection_names())
            for collection, models in indexes.items():
                if collection not in existing:
                    try:
                        await self.database.create_collection(collection, check_exists=False)
                    except OperationFailure as error:
                        if error.code != 48:  # another replica has just made it
                            raise
                if models:
                    await self.database[collection].create_indexes(list(models))

    async def ping(self) -> None:
        """Raise TransientError unless the store answers within two seconds."""
        with self.guarded():
            try:
                async with asyncio.timeout(2):
                    await self.database.command("ping")
            except TimeoutError as error:
                raise TransientError(ErrorCode.UNAVAILABLE, "the store does not answer") from error

    def close(self) -> None:
        """Close every connection. Talks to the server, and blocks meanwhile: not on a loop that is needed."""
        self.client.close()


async def _uninterrupted(commit: Coroutine[Any, Any, None]) -> None:
    """See a commit through, also when its caller is cancelled meanwhile: it runs in a thread that nothing
    stops, and the session cannot be used or aborted beside it.
    """
    task = asyncio.create_task(commit)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _as_one(error: BulkWriteError) -> PyMongoError:
    """A bulk write's duplicate keys as the error that a single write has."""
    details = error.details or {}
    codes = {failed.get("code") for failed in details.get("writeErrors", ())}
    if codes == {_DUPLICATE_KEY}:
        return DuplicateKeyError("duplicate key in a bulk write", _DUPLICATE_KEY, details)
    return error


def is_passing(error: PyMongoError) -> bool:
    """Whether the same operation may succeed later."""
    if isinstance(error, ConnectionFailure | NetworkTimeout | ExecutionTimeout | WTimeoutError):
        return True
    if error.has_error_label("TransientTransactionError") or error.has_error_label("RetryableWriteError"):
        return True
    return isinstance(error, OperationFailure) and error.code in _PASSING_CODES
