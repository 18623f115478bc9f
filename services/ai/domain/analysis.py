"""What a message is like: its intent, mood, urgency, language, and the things it names."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from services.ai.domain.courtesy import courtesy_kind
from services.ai.domain.expressions import joined
from services.ai.domain.facts import addresses
from services.ai.domain.frustration import is_frustrated
from services.ai.domain.human_request import asks_for_human
from services.ai.domain.languages import detect_language
from services.ai.domain.structured import Shape
from services.ai.domain.words import folded_line

Sentiment = Literal["negative", "neutral", "positive"]
Urgency = Literal["low", "normal", "high"]
EntityKind = Literal["order", "product", "person", "place", "date", "amount", "email", "link", "other"]
MOST_ENTITIES: Final = 12

_READ: Final = 4_000
_URGENT: Final = re.compile(
    joined(
        r"""
        \b(?:urgent\w*|asap|immediately|right (?:now|away)|emergency|as soon as possible|by
        (?:today|tonight|tomorrow) |dringend|sofort|eilt|notfall|schnellstmoglich|urgente\w*|cuanto
        antes|inmediatamente|emergencia |immediatement|au plus vite|des que possible|tout de
        suite|imediatamente|o mais rapido)\b
        """
    )
)
_ORDER: Final = re.compile(
    r"(?:order|bestell\w*|pedido|commande|encomenda|ticket|invoice|rechnung|factura|facture|#)"
    r"[\s:.#]{0,3}(?:no\.?|nr\.?|number|nummer)?[\s:.#]{0,3}([A-Z]{0,4}[-]?\d[\w-]{2,24})",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(
    r"(?:[€$£]\s?\d[\d.,]*|\d[\d.,]*\s?(?:€|\$|£|eur(?:os?)?|usd|dollars?|gbp|pounds?)(?!\w))", re.IGNORECASE
)
_DATE: Final = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")


class Entity(Shape):
    """Something that the message names, as it stands there."""

    kind: EntityKind
    text: Annotated[str, Field(max_length=200)]


class MessageAnalysis(Shape):
    """What a model is asked about a message."""

    intent: Annotated[str, Field(max_length=100)] = ""
    sentiment: Sentiment = "neutral"
    urgency: Urgency = "normal"
    language: Annotated[str, Field(max_length=16)] = ""
    entities: Annotated[tuple[Entity, ...], Field(max_length=50)] = ()


@dataclass(frozen=True, slots=True)
class _Find:
    kind: EntityKind
    expression: re.Pattern[str]


_FINDS: Final = (_Find("amount", _AMOUNT), _Find("date", _DATE))


def by_rules(text: str) -> MessageAnalysis:
    """What words alone tell: no intent but the plainest, and things that have a form of their own."""
    text = text[:_READ]
    found = [Entity(kind="order", text=match.group(1)) for match in _ORDER.finditer(text)]
    found += [
        Entity(kind=find.kind, text=match.group().strip())
        for find in _FINDS
        for match in find.expression.finditer(text)
    ]
    found += [
        Entity(kind="email" if "@" in one else "link", text=one[:200]) for one in sorted(addresses(text))
    ]
    return MessageAnalysis(
        intent=_plain_intent(text),
        sentiment=_sentiment(text),
        urgency="high" if _URGENT.search(folded_line(text)) else "normal",
        language=detect_language(text) or "",
        entities=tuple(dict.fromkeys(found))[:MOST_ENTITIES],
    )


def _plain_intent(text: str) -> str:
    if asks_for_human(text):
        return "talk_to_a_person"
    return courtesy_kind(text) or ("question" if "?" in text else "")


def _sentiment(text: str) -> Sentiment:
    if is_frustrated(text):
        return "negative"
    return "positive" if courtesy_kind(text) == "thanks" else "neutral"


def checked(analysis: MessageAnalysis, text: str) -> MessageAnalysis:
    """A model's analysis without things that the message does not name."""
    named = [one for one in analysis.entities if one.text.strip() and one.text in text]
    return analysis.model_copy(update={"entities": tuple(dict.fromkeys(named))[:MOST_ENTITIES]})
