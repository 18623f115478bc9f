"""What the stand-in's models say: rules given by a test first, then its two small models.

``reader-…`` finds its answer among the passages of a prompt, as a model that behaves would. Every other
model says back what it was told, or fills the schema it was given.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from libs.standins.errors import FaultError

JsonObject = dict[str, Any]

MAX_RULES: Final = 1_000
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request as the models see it: ``messages`` with their text alone, ``schema`` where one was given."""

    model: str
    messages: tuple[tuple[str, str], ...]
    schema: JsonObject | None = None
    json_wanted: bool = False
    tools: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """The newest message of the caller."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")

    @property
    def whole(self) -> str:
        """Every message."""
        return "\n".join(text for _, text in self.messages)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model says. ``content`` None with ``refusal`` is a refusal, with ``tool_calls`` a call."""

    content: str | None = None
    finish_reason: str | None = "stop"
    refusal: str | None = None
    tool_calls: tuple[tuple[str, str], ...] = ()


Responder = Callable[[Prompt], Reply]


@dataclass(slots=True)
class ReplyRule:
    """Says ``reply`` where ``contains`` stands in the prompt and ``model`` is asked (empty: always).

    ``times`` bounds how often; None is without end.
    """

    reply: Reply
    contains: str = ""
    model: str = ""
    times: int | None = None
    fired: int = 0

    def fits(self, prompt: Prompt) -> bool:
        """Whether it is this rule's turn."""
        if self.times is not None and self.fired >= self.times:
            return False
        return (not self.model or self.model == prompt.model) and self.contains in prompt.whole


@dataclass(slots=True)
class Voices:
    """Who answers: the rules in their order, then ``responder`` where one is set, then the small models."""

    rules: list[ReplyRule] = field(default_factory=list)
    responder: Responder | None = None

    def add(self, rule: ReplyRule) -> ReplyRule:
        """Put a rule last. FaultError when there are too many."""
        if len(self.rules) >= MAX_RULES:
            raise FaultError(f"there are already {MAX_RULES} reply rules; clear some")
        self.rules.append(rule)
        return rule

    def say(self, prompt: Prompt) -> Reply:
        """The reply to a prompt."""
        for rule in self.rules:
            if rule.fits(prompt):
                rule.fired += 1
                return rule.reply
        if self.responder is not None:
            return self.responder(prompt)
        if prompt.model.startswith("reader"):
            return read(prompt)
        if prompt.tools:
            return Reply(finish_reason="tool_calls", tool_calls=((prompt.tools[0], "{}"),))
        if prompt.schema is not None:
            return Reply(json.dumps(filled(prompt.schema)))
        return Reply("{}" if prompt.json_wanted else f"You said: {prompt.last}")


def filled(schema: Mapping[str, Any]) -> Any:
    """The least value that fits a JSON Schema of the kind that strict structured output takes."""
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum"):
        return choices[0]
    if options := schema.get("anyOf"):
        return filled(options[0])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        return {name: filled(one) for name, one in schema.get("properties", {}).items()}
    least: dict[Any, Any] = {"array": [], "string": "", "number": 0.0, "integer": 0, "boolean": False}
    return least.get(kind)


def read(prompt: Prompt) -> Reply:
    """Answer from the passages of a prompt: ``{"passages": [{"id", "text"}], "question"}`` somewhere in it.

    The sentence that shares most words with the question, quoted; without one a handoff. Where the prompt
    has a ``draft`` it is given back with a full stop, and a message without passages is looked at.
    """
    data = next((found for found in map(_object, _texts(prompt)) if found), {})
    if "draft" in data:
        draft = str(data["draft"]).strip()
        improved = draft[:1].upper() + draft[1:] + ("" if draft.endswith((".", "!", "?")) else ".")
        return Reply(
            json.dumps({"improved": improved, "remarks": ["Begin with a capital, end with a stop."]})
        )
    passages = data.get("passages")
    if not isinstance(passages, list):
        return Reply(json.dumps(filled(prompt.schema))) if prompt.schema else Reply("I see no passages.")
    asked = _words(str(data.get("question", "")))
    best, shared = None, 0
    for passage in passages:
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", str(passage.get("text", ""))):
            common = len(asked & _words(f"{passage.get('title', '')} {sentence}"))
            if sentence.strip() and common > shared:
                best, shared = (str(passage["id"]), sentence.strip()), common
    return Reply(json.dumps(_decision(best)))


def _decision(best: tuple[str, str] | None) -> JsonObject:
    if best is None:
        return {"kind": "hand_off", "reason": "not_covered", "claims": [], "question": ""}
    claim = {"text": best[1], "passage": best[0], "quote": best[1]}
    return {"kind": "answer", "reason": "none", "claims": [claim], "question": ""}


def _texts(prompt: Prompt) -> Sequence[str]:
    return [text for role, text in reversed(prompt.messages) if role == "user"]


def _object(text: str) -> JsonObject:
    start = text.find("{")
    if start < 0:
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(text: str) -> set[str]:
    return {word.lower().rstrip("s") for word in _WORD.findall(text) if len(word) > 2}
