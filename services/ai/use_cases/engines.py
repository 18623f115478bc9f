"""The port behind which a question is decided: from words alone, or by a language model."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.decisions import Decision
from services.ai.domain.languages import Language
from services.ai.domain.model_calls import Circumstances, Prompt
from services.ai.domain.passages import Passage
from services.ai.domain.questions import Question
from services.ai.domain.structured import Shape
from services.ai.use_cases.ask_model import Asked

S = TypeVar("S", bound=Shape)


class Engine(Protocol):
    """Decides on a question. ``reads`` says whether it understands what it quotes, as a model does."""

    @property
    def reads(self) -> bool:
        """Whether a quote of it is more than the words that it shares with the question."""
        ...

    async def decide(
        self,
        request: ContactRequest,
        question: Question,
        shown: Mapping[str, Passage],
        language: Language,
    ) -> Decision:
        """A decision over the passages shown, best first. Raises ModelFailed."""
        ...


class Ask(Protocol):
    """The use case `AskModel`."""

    async def __call__(self, prompt: Prompt, shape: type[S], circumstances: Circumstances) -> Asked[S]:
        """The answer in its shape. Raises ModelFailed."""
        ...
