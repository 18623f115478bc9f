import pytest

from services.conversation.adapters import chatbot_cache
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.use_cases.ports import Chatbot

BOT = Chatbot("bot", "Bot")


def test_a_chatbot_is_kept_for_its_time_and_for_its_account() -> None:
    clock = 10.0
    cache = ChatbotCache(5.0, clock=lambda: clock)
    assert cache.get("acme", "bot") is None
    cache.put("acme", BOT)
    assert cache.get("acme", "bot") is BOT
    assert cache.get("other", "bot") is None
    clock = 15.0
    assert cache.get("acme", "bot") is None


def test_what_is_dropped_is_gone() -> None:
    cache = ChatbotCache(5.0)
    cache.put("acme", BOT)
    cache.drop("acme", "bot")
    assert cache.get("acme", "bot") is None
    cache.drop("acme", "bot")


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatbot_cache, "MOST", 2)
    cache = ChatbotCache(5.0)
    for name in ["a", "b", "c"]:
        cache.put(name, BOT)
    assert [cache.get(name, "bot") for name in "abc"] == [None, BOT, BOT]
