"""Token buckets, in memory and bounded. Each replica counts for itself."""

from collections import OrderedDict


class TokenBuckets:
    """A bucket for each key: `burst` at once, refilled to that within `seconds`.

    At most `most_keys` are remembered; the one used longest ago is forgotten first, which at worst gives its
    owner a full bucket again.
    """

    def __init__(self, burst: int, seconds: float, most_keys: int = 10_000) -> None:
        self._burst = float(burst)
        self._rate = burst / seconds
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, moment: float) -> float:
        """Take one token at `moment` (seconds of a clock that never goes back).

        0 when there was one, otherwise the seconds until there is.
        """
        level, since = self._buckets.pop(key, (self._burst, moment))
        level = min(self._burst, level + (moment - since) * self._rate)
        wait = 0.0
        if level >= 1.0:
            level -= 1.0
        else:
            wait = (1.0 - level) / self._rate
        self._buckets[key] = (level, moment)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return wait
