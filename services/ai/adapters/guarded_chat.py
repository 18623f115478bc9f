"""A model endpoint that cannot take the service with it: a bulkhead and a breaker before it."""

from collections.abc import Callable
from typing import Final

from services.ai.domain.model_calls import ChatRequest, ModelFailed, Said
from services.ai.use_cases.model_ports import ChatModel

#: Failures that say something about the endpoint, not about the prompt.
_ITS_FAULT: Final = frozenset({"unavailable", "timeout", "misconfigured"})


class GuardedChat:
    """The port `ChatModel` before another one.

    At most ``most_at_once`` calls are under way: whoever comes then is refused at once, because waiting would
    hold a place that other chatbots' messages need. After ``failures`` in a row nobody is let through for
    ``pause`` seconds, then one call tries. ``clock`` gives seconds.
    """

    def __init__(
        self,
        endpoint: ChatModel,
        clock: Callable[[], float],
        *,
        most_at_once: int = 32,
        failures: int = 5,
        pause: float = 15.0,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._most_at_once = most_at_once
        self._most_failures = failures
        self._pause = pause
        self._under_way = 0
        self._failures = 0
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are let through now."""
        return self._failures < self._most_failures or self._clock() >= self._closed_until

    async def say(self, request: ChatRequest) -> Said:
        """The endpoint's answer. Raises ModelFailed."""
        if not self.is_open:
            raise ModelFailed("unavailable", "it has failed too often just now")
        if self._under_way >= self._most_at_once:
            raise ModelFailed("unavailable", "too many calls are under way")
        if self._failures >= self._most_failures:
            self._closed_until = self._clock() + self._pause  # this call tries; the others wait for it
        self._under_way += 1
        healthy = False
        try:
            said = await self._endpoint.say(request)
            healthy = True
        except ModelFailed as error:
            healthy = error.kind not in _ITS_FAULT
            raise
        finally:
            # A call that the ladder's own limit cut off counts as a failure, too.
            self._under_way -= 1
            self._note(healthy=healthy)
        return said

    def _note(self, *, healthy: bool) -> None:
        self._failures = 0 if healthy else self._failures + 1
        if self._failures >= self._most_failures:
            self._closed_until = self._clock() + self._pause
