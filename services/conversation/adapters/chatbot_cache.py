"""Chatbots change seldom and are needed for every inbound message: they are kept for some seconds."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from services.conversation.use_cases.ports import Chatbot

#: Chatbots kept at most; past it the one that was kept first goes.
MOST = 10_000


class ChatbotCache:
    """`seconds`: how old a chatbot may be. Changes by this process are seen at once."""

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, Chatbot]] = OrderedDict()

    def get(self, account_id: str, chatbot_id: str) -> Chatbot | None:
        """The chatbot, if it was put recently."""
        until, chatbot = self._kept.get((account_id, chatbot_id), (0.0, None))
        return chatbot if self._clock() < until else None

    def put(self, account_id: str, chatbot: Chatbot) -> None:
        """Keep it from now on."""
        self.drop(account_id, chatbot.id)
        self._kept[account_id, chatbot.id] = (self._clock() + self._seconds, chatbot)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def drop(self, account_id: str, chatbot_id: str) -> None:
        """Forget it."""
        self._kept.pop((account_id, chatbot_id), None)
