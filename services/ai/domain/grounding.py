"""From an engine's decision to what the contact is told: an answer that passages bear out, a question
back, or that people take over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.ai.domain.confidence import combined
from services.ai.domain.contact_requests import Answer, ContactRequest, Handoff
from services.ai.domain.decisions import Decision
from services.ai.domain.facts import addresses, figures, harmless
from services.ai.domain.first_look import hand_off
from services.ai.domain.languages import Language
from services.ai.domain.passages import Passage
from services.ai.domain.questions import Question
from services.ai.domain.topics import topic_stems
from services.ai.domain.verification import LEAST_SHARE, Verified, verify
from services.ai.domain.wording import asks_back, offers_person, phrase

_MOST_QUESTION: Final = 300


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence the bot answers, and from which it names the nearest subject and asks back.

    On a public help forum (1,249 paraphrased questions) the bot answers 70 in 100 from 0.81 on, 92 in 100 of
    those from the right thread, and 8 in 100 questions that belong to a bank; from 0.73 on these are 81, 89
    and 13, from 0.87 on 58, 94 and 4. Asking back costs a visitor one message, a wrong answer costs trust:
    hence 0.81.
    """

    answer: float = 0.81
    clarify: float = 0.29


def fresh_passages(request: ContactRequest, passages: Sequence[Passage]) -> list[Passage]:
    """The passages but for the one that the AI's last message came from: saying it again helps nobody."""
    last = request.last_ai_turn
    said = last.text.strip() if last else ""
    return [passage for passage in passages if not said or said not in passage.text]


def confidence_of(question: Question, passage: Passage, language: Language) -> float:
    """How likely the passage answers the question; 0 where it has nothing of what a follow-up adds."""
    return passage.score.confidence if _is_about(question, passage, language) else 0.0


def _is_about(question: Question, passage: Passage, language: Language) -> bool:
    """What a question adds to the one before, if anything, must occur in the passage."""
    if not question.leans_on_context:
        return True
    added = topic_stems(question.text, passage.language or language)
    said = " ".join((passage.title, *passage.headings, passage.text))
    return not added or not added.isdisjoint(topic_stems(said, passage.language or language))


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision is judged by. ``shown`` are the passages that the engine saw, best first; ``reads``
    says whether it understands what it quotes.
    """

    request: ContactRequest
    question: Question
    shown: Mapping[str, Passage]
    thresholds: Thresholds
    language: Language
    reads: bool = False

    def settle(self, decision: Decision) -> Answer | Handoff:
        """The outcome. A model's wish to hand over is followed; an answer without a statement that holds is
        none; a question that we did not check is not put.
        """
        if decision.kind == "hand_off":
            reason = "not_covered" if decision.reason == "none" else decision.reason
            return hand_off(reason, self.language)
        if decision.kind == "clarify":
            return self._clarify(decision.question)
        verified = verify(decision.claims, self.shown)
        confidence = self._confidence(verified)
        if confidence >= self.thresholds.answer:
            return Answer("answer", verified.text, confidence, self.language, verified.citations)
        if not verified.statements:
            return hand_off("low_confidence", self.language)
        return self.unsupported()

    def unsupported(self) -> Answer | Handoff:
        """Nothing sure enough: the nearest subject named and a question back, the second time a handoff."""
        near = next(iter(self.shown.values()), None)
        confidence = confidence_of(self.question, near, self.language) if near else 0.0
        if confidence < self.thresholds.clarify:
            near = None
        if self.asked_back_before:
            return hand_off("low_confidence" if near else "not_covered", self.language)
        if self.request.has_attachment and not self.request.burst:
            return Answer("not_found", phrase("cannot_read", self.language), 0.0, self.language)
        if near:
            text = phrase("clarify", self.language, title=near.title)
            return Answer("clarify", text, confidence, self.language)
        return Answer("not_found", phrase("not_found", self.language), confidence, self.language)

    @property
    def asked_back_before(self) -> bool:
        """Whether the AI's last message was one of those without an answer."""
        last = self.request.last_ai_turn
        return last is not None and (offers_person(last.text) or asks_back(last.text))

    def _confidence(self, verified: Verified) -> float:
        quoted = {citation.chunk_id for citation in verified.citations}
        scores = [
            confidence_of(self.question, passage, self.language)
            for passage in self.shown.values()
            if passage.chunk_id in quoted
        ]
        best = max(scores, default=0.0)
        return combined(best, verified.share) if self.reads else best

    def _clarify(self, question: str) -> Answer | Handoff:
        question = harmless(question)
        if self.asked_back_before or not self._may_be_asked(question):
            return self.unsupported()
        near = next(iter(self.shown.values()))
        confidence = confidence_of(self.question, near, self.language)
        text = phrase("asked_back", self.language, question=question)
        return Answer("clarify", text, confidence, self.language)

    def _may_be_asked(self, question: str) -> bool:
        """One short question about what the passages and the contact speak of, with nothing new in it."""
        if not question.endswith("?") or "\n" in question or len(question) > _MOST_QUESTION:
            return False
        said = [self.question.lookup, *(turn.text for turn in self.request.history if turn.role == "contact")]
        known = [text for one in self.shown.values() for text in (one.title, *one.headings, one.text)]
        everything = " ".join((*said, *known))
        asked = topic_stems(question, self.language)
        heard = topic_stems(everything, self.language)
        return (
            figures(question) <= figures(everything)
            and not addresses(question)
            and len(asked & heard) >= LEAST_SHARE * len(asked)
        )
