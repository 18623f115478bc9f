"""The words of a text that carry its topic."""

from services.ai.domain.languages import STOP_WORDS
from services.ai.domain.words import split_words, stem


def topic_stems(text: str, language: str | None) -> frozenset[str]:
    """The stems of all words but stop words; English ones where the language is not known."""
    stop_words = STOP_WORDS.get(language or "en", frozenset())
    return frozenset(
        stem(word, language) for word in split_words(text) if word not in stop_words and not _is_letter(word)
    )


def _is_letter(word: str) -> bool:
    """What an apostrophe leaves behind ("it's"); single digits and Chinese characters mean something."""
    return len(word) == 1 and word.isascii() and word.isalpha()
