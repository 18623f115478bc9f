"""What was worked out lately, by what it was worked out from."""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps values that may be worked out anew at any time: at most `most` of them, and none that nobody
    has asked for in twice `seconds`.

    Two generations: what is used moves to the younger one. When that is half of `most`, or its time is over,
    it becomes the older one, and what was left there is forgotten.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._half = max(1, most // 2)
        self._seconds = seconds
        self._clock = clock
        self._younger: dict[K, V] = {}
        self._older: dict[K, V] = {}
        self._until = clock() + seconds

    def __len__(self) -> int:
        return len(self._younger) + len(self._older)

    def get(self, key: K) -> V | None:
        """The value, if it is kept."""
        self._age()
        value = self._younger.get(key)
        if value is None and key in self._older:
            value = self._older.pop(key)
            self._younger[key] = value
        return value

    def put(self, key: K, value: V) -> None:
        """Keep it from now on."""
        self._age()
        self._older.pop(key, None)
        self._younger[key] = value

    def _age(self) -> None:
        moment = self._clock()
        if moment >= self._until + self._seconds:
            self._younger = {}
        elif moment < self._until and len(self._younger) < self._half:
            return
        self._older, self._younger = self._younger, {}
        self._until = moment + self._seconds
