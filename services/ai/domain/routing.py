"""Which models a task goes to: a table, read from the top; and what a call costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.ai.domain.model_calls import Circumstances, Task, Usage
from services.ai.domain.words import split_words

_MANY_WORDS: Final = 120
_MANY_QUESTIONS: Final = 3
_MANY_TURNS: Final = 12


@dataclass(frozen=True, slots=True)
class Route:
    """``tasks`` of contacts worth ``least_value`` or more with at least that complexity go to ``models``;
    with ``chatbots``, those of these chatbots alone.

    A model is named ``<endpoint>/<its name there>``; the second and later ones are asked where those before
    gave no answer.
    """

    tasks: frozenset[Task]
    models: tuple[str, ...]
    least_value: float = 0.0
    least_complexity: float = 0.0
    chatbots: frozenset[str] = frozenset()

    def fits(self, task: Task, circumstances: Circumstances) -> bool:
        """Whether this row decides."""
        return (
            task in self.tasks
            and circumstances.value >= self.least_value
            and circumstances.complexity >= self.least_complexity
            and (not self.chatbots or circumstances.chatbot_id in self.chatbots)
        )


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in one currency."""

    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        """What a call costs."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1_000_000


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """The rows, of which the first that fits decides. ``prices`` are by a model's full name."""

    routes: tuple[Route, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)

    def models(self, task: Task, circumstances: Circumstances) -> tuple[str, ...]:
        """The models to ask, the first choice first; none where no row fits."""
        return next((route.models for route in self.routes if route.fits(task, circumstances)), ())

    def cost(self, model: str, usage: Usage) -> float:
        """What a call costs; 0 without a price."""
        price = self.prices.get(model)
        return price.of(usage) if price else 0.0


_CHEAP_TASKS: Final = frozenset[Task]({"analyse", "rewrite"})
_PREMIUM_TASKS: Final = frozenset[Task]({"answer", "draft", "improve"})


def default_routes(cheap: tuple[str, ...], premium: tuple[str, ...]) -> tuple[Route, ...]:
    """Understanding goes to the cheap models, writing to the premium ones and, where these give no answer,
    to the cheap ones; each of one endpoint after the other.
    """
    return (Route(_CHEAP_TASKS, cheap), Route(_PREMIUM_TASKS, (*premium, *cheap)))


def complexity_of(question: str, turns: int) -> float:
    """How much a message asks of whoever answers it, from 0 to 1: its length, its questions, its history."""
    words = len(split_words(question)) / _MANY_WORDS
    questions = max(0, question.count("?") - 1) / _MANY_QUESTIONS
    return min(1.0, 0.6 * min(1.0, words) + 0.3 * min(1.0, questions) + 0.2 * min(1.0, turns / _MANY_TURNS))
