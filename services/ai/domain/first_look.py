"""What can be decided about a message before any document is looked at.

In this order: somebody asks for a person; a rule of the chatbot; frustration or the same question again;
courtesies.
"""

from services.ai.domain.contact_requests import Answer, ContactRequest, Handoff, HandoffReason, NoAnswer
from services.ai.domain.courtesy import courtesy_kind, reply_kind
from services.ai.domain.frustration import is_frustrated, repeats_question
from services.ai.domain.human_request import asks_for_human, asks_what_we_are
from services.ai.domain.languages import Language, detect_language
from services.ai.domain.rules import matched_rule
from services.ai.domain.wording import DEFAULT_LANGUAGE, asks_back, handoff_text, offers_person, phrase
from services.ai.domain.words import split_words


def language_of(request: ContactRequest) -> Language:
    """The contact's language: that of what they wrote now, else of what they wrote before, else English."""
    earlier = (turn.text for turn in reversed(request.history) if turn.role == "contact")
    for text in ("\n".join(request.burst), *earlier):
        if language := detect_language(text):
            return language
    return DEFAULT_LANGUAGE


def hand_off(reason: HandoffReason, language: Language, detail: str = "") -> Handoff:
    """A handoff with the words for it."""
    return Handoff(reason, handoff_text(reason, language), language, detail)


def first_look(request: ContactRequest, language: Language) -> Answer | Handoff | NoAnswer | None:
    """The decision, or None where the knowledge has to be asked."""
    burst = request.burst
    if not any(split_words(text) for text in burst):
        return _wordless(request)
    if any(asks_for_human(text) for text in burst) or _accepts_person(request):
        return hand_off("asked_for_human", language)
    if rule := next(
        filter(None, (matched_rule(text, request.chatbot.rules, language) for text in burst)), None
    ):
        return hand_off("rule", language, rule)
    if any(is_frustrated(text) for text in burst):
        return hand_off("negative_sentiment", language, "angry")
    if repeats_question("\n".join(burst), _answered_before(request), language):
        return hand_off("negative_sentiment", language, "same question again")
    return _courtesy(request, language)


def _wordless(request: ContactRequest) -> NoAnswer | None:
    if request.has_attachment or any("?" in text for text in request.burst):
        return None
    return NoAnswer()


def _accepts_person(request: ContactRequest) -> bool:
    last = request.last_ai_turn
    return last is not None and offers_person(last.text) and reply_kind(request.message.text) == "yes"


def _answered_before(request: ContactRequest) -> list[str]:
    """What the contact wrote before the AI last spoke."""
    history = request.history
    last = max((at for at, turn in enumerate(history) if turn.role == "ai"), default=0)
    return [turn.text for turn in history[:last] if turn.role == "contact"]


def _courtesy(request: ContactRequest, language: Language) -> Answer | NoAnswer | None:
    name = request.chatbot.name
    if asks_what_we_are(request.message.text):
        return Answer("courtesy", phrase("what_we_are", language, name=name), 1.0, language)
    if any(courtesy_kind(text) is None and reply_kind(text) is None for text in request.burst):
        return None
    kind = courtesy_kind(request.message.text)
    if kind is not None:
        return Answer("courtesy", phrase(kind, language, name=name), 1.0, language)
    # A bare "ok" or "no" after an answer asks for nothing; after a question of ours it answers that, and
    # as the first word of all it is asked what it means.
    last = request.last_ai_turn
    return NoAnswer() if last and not asks_back(last.text) else None
