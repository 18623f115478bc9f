"""What the AI is asked, and what it may say to it."""

from dataclasses import dataclass, field
from typing import Final, Literal

from services.ai.domain.analysis import MessageAnalysis
from services.ai.domain.citations import Citation
from services.ai.domain.documents import KnowledgeBase
from services.ai.domain.learning import Proposal
from services.ai.domain.rules import HandoffRules

Role = Literal["contact", "ai", "agent", "system"]
HandoffReason = Literal[
    "asked_for_human",
    "not_covered",
    "low_confidence",
    "negative_sentiment",
    "rule",
    "ai_unavailable",
    "agent_took_over",
]
# answer: quotes the knowledge. clarify: found something near and asks. not_found: says that it does not know.
# courtesy: a greeting, thanks, a goodbye, or what we are.
AnswerKind = Literal["answer", "clarify", "not_found", "courtesy"]

# Messages reach 4,096 characters on Telegram and far more by email; what matters of a question stands at
# its start.
MAX_READ_CHARACTERS: Final = 4_000
MAX_TURNS: Final = 40


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation."""

    id: str
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Chatbot:
    """The bot that answers: its name, its instructions to a model, and when it must hand over."""

    id: str
    name: str
    instructions: str = ""
    rules: HandoffRules = field(default_factory=HandoffRules)


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A contact's message that needs an answer.

    ``turns`` are those since the last handoff or resolve, oldest first; whether ``message`` is among them
    makes no difference. ``has_attachment`` says that a file came with the message. ``contact_names`` are what
    the contact is known to be called, ``contact_value`` what they are worth in the account's unit.
    ``department`` is that of the conversation.
    """

    account_id: str
    chatbot: Chatbot
    message: Turn
    turns: tuple[Turn, ...] = ()
    has_attachment: bool = False
    conversation_id: str = ""
    contact_names: tuple[str, ...] = ()
    contact_value: float = 0.0
    department: str | None = None

    @property
    def base(self) -> KnowledgeBase:
        """Where to look for answers: never beyond this account and chatbot."""
        return KnowledgeBase(self.account_id, self.chatbot.id)

    @property
    def history(self) -> tuple[Turn, ...]:
        """The latest turns before the message."""
        return tuple(turn for turn in self.turns if turn.id != self.message.id)[-MAX_TURNS:]

    @property
    def burst(self) -> tuple[str, ...]:
        """What the contact has said since somebody answered, the message last: one answer serves them all."""
        texts: list[str] = []
        for turn in reversed(self.history):
            if turn.role in ("ai", "agent"):
                break
            if turn.role == "contact":
                texts.append(turn.text)
        return tuple(
            text[:MAX_READ_CHARACTERS] for text in (*reversed(texts), self.message.text) if text.strip()
        )

    @property
    def last_ai_turn(self) -> Turn | None:
        """What the AI said last, if anything."""
        return next((turn for turn in reversed(self.history) if turn.role == "ai"), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message to the contact. ``citations`` hold every statement of an ``answer``, other kinds have none.

    ``confidence`` is from 0 to 1; a courtesy's is 1.
    """

    kind: AnswerKind
    text: str
    confidence: float
    language: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Handoff:
    """The conversation goes to people.

    ``text`` tells the contact so and why; ``detail`` tells agents what set it off.
    """

    reason: HandoffReason
    text: str
    language: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing in the message asks for a reply, such as a lone emoji."""

    why: Literal["nothing_said"] = "nothing_said"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply proposed to an agent; there always is one.

    ``found`` is False where no passage supports it: the text then says so and is no draft to send.
    ``citations`` hold what the text quotes, from public documents alone; ``background`` is what internal
    documents say on it, for the agent's eyes. ``unavailable`` says that retrieval was off, which is not the
    same as nothing found. ``similar`` are answers of past conversations that ended well, ``practices`` notes
    for the agent. ``engine`` is who wrote it: a model, or a passage's own words.
    """

    text: str
    confidence: float
    language: str
    found: bool
    citations: tuple[Citation, ...] = ()
    background: tuple[Citation, ...] = ()
    unavailable: bool = False
    engine: Literal["model", "passage"] = "passage"
    analysis: MessageAnalysis = field(default_factory=MessageAnalysis)
    similar: tuple[Proposal, ...] = ()
    practices: tuple[str, ...] = ()
