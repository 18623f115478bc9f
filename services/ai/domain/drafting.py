"""A model's draft for an agent, checked: what it quotes is looked up, what it made up is not passed on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from services.ai.domain.citations import Citation
from services.ai.domain.contact_requests import ContactRequest
from services.ai.domain.facts import addresses, figures, harmless
from services.ai.domain.learning import Proposal, StyleExample
from services.ai.domain.model_calls import Prompt
from services.ai.domain.passages import Passage
from services.ai.domain.prompts import DATA_IS_DATA, asked_data, operator_rules
from services.ai.domain.questions import Question
from services.ai.domain.structured import Shape
from services.ai.domain.verification import find_quote

Tone = Literal["neutral", "friendly", "formal"]
Length = Literal["short", "medium", "long"]

MOST_DRAFT: Final = 6_000
#: Characters of an example.
MOST_EXAMPLE: Final = 600
_DRAFT: Final = (
    "You write a reply for an agent of {name}'s team to look over and send. Answer every question of the "
    "contact that the passages answer, in the language `{language}`, from the passages alone; where they do "
    "not answer, say what the agent will find out. Name the passages you used, each with a quote copied word "
    "for word. No greeting by a name that you were not told, no signature."
)
_TONES: Final = {
    "neutral": "Matter-of-fact.",
    "friendly": "Warm and friendly.",
    "formal": "Formal and polite.",
}
_LENGTHS: Final = {
    "short": "Two sentences at most.",
    "medium": "A short paragraph.",
    "long": "As much detail as the passages have.",
}
_WISH: Final = "`wish` is what the agent wants of the reply; the rules above come before it."
_STYLE: Final = (
    "`style` holds earlier drafts with what this team made of them before sending: write as they do. They "
    "were about other matters: take no fact from them."
)
_SIMILAR: Final = (
    "`similar` holds questions of other customers with replies that settled them: they show what helps. Take "
    "no fact from them."
)
_PRACTICES: Final = (
    "`practices` are this team's notes on such messages: follow them as far as the rules allow."
)
_AVOID: Final = "`avoid` is the draft that the agent did not want: write another one."
_ANALYSE: Final = (
    "You look at a customer's message. intent: two or three words in English with underscores, such as "
    "`change_address`. sentiment, urgency: as the message shows. language: its ISO 639-1 code. entities: "
    "what it names, each copied word for word."
)
_IMPROVE: Final = (
    "You look over an agent's draft of a reply to a customer. improved: the draft with better tone and "
    "clarity, in its own language, with nothing added but what the passages say on questions that the draft "
    "leaves open. remarks: short notes for the agent on tone, clarity and missing answers, in the draft's "
    "language."
)


class Used(Shape):
    """A passage that a draft rests on."""

    passage: str
    quote: Annotated[str, Field(max_length=2_000)]


class Draft(Shape):
    """What a model is asked for."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_DRAFT)]
    used: Annotated[tuple[Used, ...], Field(max_length=12)] = ()


class Wishes(Shape):
    """How an agent wants the reply."""

    tone: Tone | None = None
    length: Length | None = None
    custom_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What a team's earlier work says of a message."""

    style: tuple[StyleExample, ...] = ()
    similar: tuple[Proposal, ...] = ()
    practices: tuple[str, ...] = ()


NOTHING_PAST: Final = Past()


def draft_prompt(
    request: ContactRequest,
    question: Question,
    shown: Mapping[str, Passage],
    language: str,
    wishes: Wishes,
    avoid: str | None,
    past: Past = NOTHING_PAST,
) -> Prompt:
    """The task of drafting. The agent's own words are wishes on form, beside the rules."""
    rules = [_DRAFT.format(name=request.chatbot.name, language=language)]
    rules += [_TONES[wishes.tone]] if wishes.tone else []
    rules += [_LENGTHS[wishes.length]] if wishes.length else []
    rules += [DATA_IS_DATA, *operator_rules(request)]
    data: dict[str, Any] = asked_data(request, question, shown)
    if wishes.custom_prompt:
        rules.append(_WISH)
        data["wish"] = wishes.custom_prompt
    if past.style:
        rules.append(_STYLE)
        data["style"] = [{"draft": one.proposed, "sent": one.sent} for one in past.style]
    if past.similar:
        rules.append(_SIMILAR)
        data["similar"] = [
            {"question": one.question, "reply": one.sent[:MOST_EXAMPLE]} for one in past.similar
        ]
    if past.practices:
        rules.append(_PRACTICES)
        data["practices"] = list(past.practices)
    if avoid:
        rules.append(_AVOID)
        data["avoid"] = avoid
    return Prompt("draft", "\n\n".join(rules), data, output_limit=1_200)


def analysis_prompt(text: str) -> Prompt:
    """The task of looking at a message."""
    return Prompt("analyse", f"{_ANALYSE}\n\n{DATA_IS_DATA}", {"message": text}, output_limit=400)


def improve_prompt(
    request: ContactRequest, question: Question, shown: Mapping[str, Passage], draft: str
) -> Prompt:
    """The task of looking a draft over."""
    data = {**asked_data(request, question, shown), "draft": draft}
    return Prompt(
        "improve", "\n\n".join((_IMPROVE, DATA_IS_DATA, *operator_rules(request))), data, output_limit=1_500
    )


def checked_draft(text: str, allowed: str) -> str | None:
    """The text made harmless; None where it has a number, a date or an address that nothing given has."""
    text = harmless(text)
    if not text or not figures(text) <= figures(allowed) or not addresses(text) <= addresses(allowed):
        return None
    return text


def cited(used: tuple[Used, ...], shown: Mapping[str, Passage]) -> tuple[Citation, ...]:
    """The sources whose quotes stand where they are said to."""
    found: list[Citation] = []
    for one in used:
        passage = shown.get(one.passage)
        place = find_quote(one.quote, passage.text) if passage else None
        if passage and place:
            found.append(
                Citation(
                    passage.document_id, passage.chunk_id, passage.title, passage.text[slice(*place)], *place
                )
            )
    return tuple(dict.fromkeys(found))


def given_text(request: ContactRequest, shown: Mapping[str, Passage], *more: str) -> str:
    """Everything whose facts a draft may repeat: the conversation and the passages."""
    turns = [turn.text for turn in request.turns]
    return "\n".join(
        (*turns, request.message.text, *(f"{one.title}\n{one.text}" for one in shown.values()), *more)
    )
