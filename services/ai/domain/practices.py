"""What good agents do, by what a message is about: notes for whoever answers it, never a text to send."""

from dataclasses import dataclass
from typing import Final

from services.ai.domain.analysis import MessageAnalysis
from services.ai.domain.expressions import word_set
from services.ai.domain.words import fold, split_words

MOST_PRACTICES: Final = 3


@dataclass(frozen=True, slots=True)
class _Practice:
    """``words`` begin the words of an intent's label, or of the message, that it fits."""

    intent: str
    words: frozenset[str]
    text: str


_PRACTICES: Final = (
    _Practice(
        "refund_or_return",
        word_set(
            """
            refund return exchange moneyback erstatt ruckgabe zuruckgeb umtausch reembols devol
            rembours retour troca
            """
        ),
        "Say whether it can be returned, by when, who pays for it and when the money arrives.",
    ),
    _Practice(
        "delivery",
        word_set(
            """
            deliver shipp parcel package tracking liefer versand paket sendung envio entrega paquete livraison
            colis encomenda
            """
        ),
        "Give a date or a tracking link of what is on its way, and what happens if it does not come.",
    ),
    _Practice(
        "payment",
        word_set(
            """
            pay paid invoice bill charge price zahl rechnung preis bezahl pago factura cobro paiement facture
            pagamento fatura
            """
        ),
        "Name the amount and what it is for; never ask for a card's number in the chat.",
    ),
    _Practice(
        "cancel",
        word_set("cancel terminat unsubscrib kundig stornier cancela anul annul resili"),
        "Confirm what is cancelled and from when, without arguing; say how to undo it.",
    ),
    _Practice(
        "broken",
        word_set(
            """
            broken defect crash error fail leak warranty repair kaputt defekt fehler garantie reparatur
            roto garantia panne casse avari
            """
        ),
        "Ask for the one detail that is missing, then give steps in order, and what follows if they fail.",
    ),
    _Practice(
        "account",
        word_set(
            """
            password login account locked passwort konto anmeld contrasena cuenta compte connexion senha
            """
        ),
        "Make sure who asks before anything is changed; send them through the way to reset it themselves.",
    ),
    _Practice(
        "change_order",
        word_set("change address modif aender ander adresse cambiar direccion changer alterar endereco"),
        "Say until when it can be changed, and repeat the new details for them to confirm.",
    ),
)
_NEGATIVE: Final = (
    "Say first what went wrong in their words and that you are sorry for it; then one next step."
)
_URGENT: Final = "Say at once what happens next and by when, even where the answer has to wait."


def practices_for(text: str, analysis: MessageAnalysis) -> tuple[str, ...]:
    """At most three, what the mood asks for first."""
    found = [_NEGATIVE] if analysis.sentiment == "negative" else []
    found += [_URGENT] if analysis.urgency == "high" else []
    label = split_words(analysis.intent.replace("_", " "))
    for words in (label, split_words(text)):
        folded = [fold(word) for word in words]
        found += [one.text for one in _PRACTICES if _begins(folded, one.words)]
    return tuple(dict.fromkeys(found))[:MOST_PRACTICES]


def _begins(words: list[str], beginnings: frozenset[str]) -> bool:
    return any(word.startswith(beginning) for word in words for beginning in beginnings)
