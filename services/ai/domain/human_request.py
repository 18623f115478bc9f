"""Whether somebody asks for a person, in English, German, Spanish, French and Portuguese.

A negation right before the expression ("you don't need to transfer me") takes it back; the rest of the
message is still read.
"""

import re
from typing import Final, NamedTuple

from services.ai.domain.expressions import joined
from services.ai.domain.human_expressions import (
    DE_ASKS,
    DE_REFUSES,
    EN_ASKS,
    EN_REFUSES,
    ES_ASKS,
    ES_REFUSES,
    FR_ASKS,
    FR_REFUSES,
    PT_ASKS,
    PT_REFUSES,
)
from services.ai.domain.words import folded_line

_READ_CHARACTERS: Final = 2_000
_NEGATION_CHARACTERS: Final = 40
_TRIGGER_CHARACTERS: Final = 4
_WORD: Final = re.compile(r"[a-z]+")


def _any_of(expressions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in expressions))


class _Language(NamedTuple):
    asks: re.Pattern[str]
    refuses: re.Pattern[str]
    negation: re.Pattern[str]
    triggers: frozenset[str]


def _language(asks: tuple[str, ...], refuses: tuple[str, ...], negation: str, triggers: str) -> _Language:
    return _Language(
        _any_of(asks),
        _any_of(refuses),
        re.compile(rf"(?:{negation})[\s,]*$"),
        frozenset(word[:_TRIGGER_CHARACTERS] for word in triggers.split()),
    )


# The triggers are beginnings of words of which each expression needs at least one. Looking for them first
# keeps an ordinary question at a tenth of the 75 µs that all expressions take.
_LANGUAGES: Final = (
    _language(
        EN_ASKS,
        EN_REFUSES,
        joined(
            r"""
            \b(?:don'?t|do not|didn'?t|needn'?t|won'?t|no|not|never|without)
            (?: (?:need|have|want|necessary|reason|any))*(?: (?:you|me|for you))?(?: to)?
            |\b(?:am i|are we|was i|i am|i'?m|i was)(?: \w+)?
            """
        ),
        """
        speak talk chat conversation word call transfer connect put pass forward redirect switch patch
        hand refer direct escalate human person people agent operator representative rep reps manager
        supervisor someone somebody some anyone anybody bot bots chatbot robot machine computer virtual
        ai live team department reception front desk support service automated different real actual
        customer
        """,
    ),
    _language(
        DE_ASKS,
        DE_REFUSES,
        r"\b(?:nicht|kein(?:en|e|em)?|ohne|brauche nicht)(?: \w+)?",
        """
        mensch person mitarbeiter berater agent kollege vorgesetzte jemand ansprechpartner
        sachbearbeiter chef support kunden personal techniker verantwortlich operator filialleiter
        verbinde leite weiter stellen sprechen reden schreiben chatten kontakt
        """,
    ),
    _language(
        ES_ASKS,
        ES_REFUSES,
        r"\b(?:no(?: (?:quiero|necesito|hace falta|me|hay que))?|sin)",
        """
        persona humano agente operador asesor representante encargado supervisor gerente alguien alguna
        responsable empleado ejecutivo ser companero atencion soporte recepcion jefe tecnico trabajador
        hablar chatear tratar
        """,
    ),
    _language(
        FR_ASKS,
        FR_REFUSES,
        r"\b(?:ne|n'|pas|sans)(?: \w+){0,2}",
        """
        personne humain conseiller agent operateur responsable representant etre quelqu collegue
        superviseur manager employe collaborateur service standard reception technicien interlocuteur
        superieur relation contact vrai bot chatbot robot machine toi ordinateur
        """,
    ),
    _language(
        PT_ASKS,
        PT_REFUSES,
        r"\b(?:nao(?: (?:quero|preciso|e preciso|me|precisa))?|sem)",
        """
        pessoa humano atendente agente operador gerente supervisor responsavel representante alguem
        alguma ser funcionario colega assistente consultor suporte atendimento recepcao chefe tecnico
        falar conversar tratar
        """,
    ),
)
# "am I talking to a person?" asks what we are; it is answered, not handed over.
_ASKS_WHAT_WE_ARE: Final = re.compile(
    joined(
        r"""
        \b(?:am i|are you|is this|is that|are we|was i|you are|you're
        |ist das|bist du|sind sie|spreche ich|schreibe ich|rede ich
        |eres|es usted|estoy hablando|hablo con|es uma?|es un
        |etes[- ]vous|es[- ]tu|parle|vous etes|tu es
        |voce e|estou a falar|estou falando|falo com)\b
        (?: (?!for |para |pour |fur )[\w'-]+){0,5}?
        [ ](?:human|person|bot|robot|machine|ai|agent|computer|mensch|maschine|ki|humano|persona|maquina|ia
        |humain|personne|robo|pessoa|roboter)s?\b[^.!?\n]{0,12}\?
        """
    )
)


def asks_for_human(text: str) -> bool:
    """True where the writer asks to be answered by a person rather than by a machine."""
    plain = folded_line(text[:_READ_CHARACTERS])
    beginnings = {word[:_TRIGGER_CHARACTERS] for word in _WORD.findall(plain)}
    for asks, refuses, negation, triggers in _LANGUAGES:
        if beginnings.isdisjoint(triggers):
            continue
        if refuses.search(plain):
            return True
        for match in asks.finditer(plain):
            before = plain[max(0, match.start() - _NEGATION_CHARACTERS) : match.start()]
            if not negation.search(before):
                return True
    return False


def asks_what_we_are(text: str) -> bool:
    """True where the writer asks whether they talk to a machine."""
    return _ASKS_WHAT_WE_ARE.search(folded_line(text[:_READ_CHARACTERS])) is not None
