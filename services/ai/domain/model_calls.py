"""What a language model is asked and what it says, whatever endpoint it runs on.

Everything that people wrote goes into ``data``, as JSON: it is data to the model, never an instruction.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

Task = Literal["analyse", "rewrite", "answer", "draft", "improve"]
# strict: the endpoint holds the model to the schema. json: it sees that the text is JSON. text: neither.
Form = Literal["strict", "json", "text"]
FailureKind = Literal[
    "unavailable",  # refused connection, 5xx, rate limit, breaker open; passing
    "timeout",
    "misconfigured",  # key, model or path: stays until somebody changes the configuration
    "no_format",  # the endpoint does not take this form of structured output
    "too_long",  # the prompt does not fit into the model's context
    "cut",  # the answer did not fit into its limit
    "refused",  # the model or its filter declined
    "garbage",  # something came back that is no answer
    "budget",  # a limit of ours
    "no_model",  # none is configured for the task
]

LEAST_TURNS: Final = 2
LEAST_PASSAGES: Final = 2


class ModelFailed(Exception):  # noqa: N818 - it names a state, as a caller reads it
    """No usable answer. ``detail`` holds nothing that people wrote. ``retry_after`` is in seconds."""

    def __init__(self, kind: FailureKind, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Prompt:
    """One task for a model: ``rules`` are ours, ``data`` is what the task is about.

    Where ``data`` has ``conversation`` or ``passages`` these are lists, the conversation oldest first, the
    passages best first. ``output_limit`` is in tokens.
    """

    task: Task
    rules: str
    data: dict[str, Any]
    output_limit: int = 800

    @property
    def text(self) -> str:
        """The data as the model reads it."""
        return json.dumps(self.data, ensure_ascii=False)

    def shortened(self) -> "Prompt":
        """The same with the newer half of the conversation and the better half of the passages."""
        data = dict(self.data)
        if turns := data.get("conversation"):
            data["conversation"] = turns[-max(LEAST_TURNS, len(turns) // 2) :]
        if passages := data.get("passages"):
            data["passages"] = passages[: max(LEAST_PASSAGES, len(passages) // 2)]
        return replace(self, data=data)

    def with_more_room(self) -> "Prompt":
        """The same with twice the room for the answer."""
        return replace(self, output_limit=2 * self.output_limit)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What one call of an endpoint asks for. ``schema`` is a strict JSON Schema."""

    model: str
    messages: tuple[Message, ...]
    form: Form
    schema: dict[str, Any]
    output_limit: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; ``estimated`` where the endpoint did not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Said:
    """A complete answer of a model: it came to its own end."""

    text: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Circumstances:
    """For whom a model is asked: what routing, budgets and the record of usage go by.

    ``complexity`` is from 0 to 1, ``value`` what the contact is worth in the account's unit.
    """

    account_id: str
    conversation_id: str
    value: float = 0.0
    complexity: float = 0.0
    chatbot_id: str = ""


class Spent(NamedTuple):
    """What was spent so far. ``cost`` is in the currency of the configured prices."""

    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call for the record: what was asked for whom, which model it went to, what it cost and became.

    ``cost`` is in the currency of the configured prices; ``outcome`` is ``ok`` or a kind of failure.
    """

    circumstances: Circumstances
    task: Task
    model: str
    form: Form
    outcome: str
    usage: Usage = field(default_factory=Usage)
    cost: float = 0.0
    seconds: float = 0.0
