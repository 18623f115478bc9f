"""The chatbot's own rules on what always goes to a person."""

import re
from dataclasses import dataclass
from functools import lru_cache

from services.ai.domain.words import fold, split_words, stem


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject for people: met by a message with every word of one phrase, in any form and order."""

    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandoffRules:
    """``keywords`` hand over as they stand: whole words or phrases, whatever the case."""

    keywords: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()


def matched_rule(text: str, rules: HandoffRules, language: str | None) -> str | None:
    """The keyword or the topic's name that the message meets first, or None."""
    if rules.keywords and (keywords := _keywords(rules.keywords)) and (found := keywords.search(fold(text))):
        return found.group()
    if not rules.topics:
        return None
    said = {stem(word, language) for word in split_words(text)}
    for topic in rules.topics:
        for phrase in topic.phrases:
            words = {stem(word, language) for word in split_words(phrase)}
            if words and words <= said:
                return topic.name
    return None


@lru_cache(maxsize=512)  # a pattern a chatbot
def _keywords(keywords: tuple[str, ...]) -> re.Pattern[str] | None:
    folded = [re.escape(" ".join(fold(keyword).split())).replace("\\ ", r"\s+") for keyword in keywords]
    given = [keyword for keyword in folded if keyword]
    return re.compile(rf"(?<!\w)(?:{'|'.join(given)})(?!\w)") if given else None
