"""The facts in a text that must not be made up: numbers, dates and addresses; and what must not be in one."""

import html
import re
from typing import Final

from services.ai.domain.expressions import joined, word_set
from services.ai.domain.words import fold, folded_line, split_words

# 1,234.50 and 1.234,50 and 1 234,50; 10:30; 3.5.2026. Taken apart into digits, so that the marks between them
# make no difference.
_FIGURE: Final = re.compile(r"\d[\d.,:/\u00a0\u202f'-]*")
_LEADING_ZEROS: Final = re.compile(r"^0+(?=\d)")
_NUMBER_WORDS: Final = {
    "2": "two zwei dos deux dois duas",
    "3": "three drei tres trois",
    "4": "four vier cuatro quatre quatro",
    "5": "five funf cinco cinq",
    "6": "six sechs seis",
    "7": "seven sieben siete sept sete",
    "8": "eight acht ocho huit oito",
    "9": "nine neun nueve nove",
    "10": "ten zehn diez dix dez",
    "11": "eleven elf onze",
    "12": "twelve zwolf doce douze doze",
    "14": "fourteen vierzehn catorce quatorze",
    "15": "fifteen funfzehn quince quinze",
    "20": "twenty zwanzig veinte vingt vinte",
    "30": "thirty dreissig treinta trente trinta",
    "50": "fifty funfzig cincuenta cinquante cinquenta",
    "60": "sixty sechzig sesenta soixante sessenta",
    "90": "ninety neunzig noventa",
    "100": "hundred hundert cien cem",
    "1000": "thousand tausend mil mille",
}
_DIGITS: Final = {word: digits for digits, words in _NUMBER_WORDS.items() for word in words.split()}
# A month is a fact like its number; "may" is left out, because it is mostly a verb.
_MONTHS: Final = word_set(
    """
    january february march april june july august september october november december januar februar marz mai
    juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
    diciembre janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre janeiro
    fevereiro marco maio junho julho setembro outubro novembro dezembro
    """
)
_WEEKDAYS: Final = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
    saturdays sundays montag dienstag mittwoch donnerstag freitag samstag sonntag lunes martes miercoles
    jueves viernes sabado domingo lundi mardi mercredi jeudi vendredi samedi dimanche segunda terca quarta
    quinta sexta
    """
)
_ADDRESS: Final = re.compile(
    joined(
        r"""
        (?:https?|ftp|javascript|data|file|mailto|tel):[^\s<>"'\)\]]+
        |[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+
        |\bwww\.[^\s<>"'\)\]]+
        |\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|net|org|io|info|biz|dev|app|xyz|ru|cn|de|fr|es|pt|br|uk|eu|co|me|ly|link
        |site|online|shop|example|test|invalid)\b(?:/[^\s<>"'\)\]]*)?
        """
    ),
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?)]}>"
_IMAGE: Final = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)")
_MARKED_LINK: Final = re.compile(r"\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})[^)\n]{0,200}\)")
_TAG: Final = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_UNSEEN: Final = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_NEGATIONS: Final = word_set(
    """
    no not never none without cannot cant dont doesnt isnt wont arent nicht kein keine keinen keinem keiner
    nie niemals ohne nunca sin tampoco ne pas jamais sans aucun aucune nao sem nenhum nenhuma
    """
)


def figures(text: str) -> frozenset[str]:
    """Numbers, as digits alone, with small numbers written as words; names of days, and of months by a
    number.
    """
    found = {_digits(match.group()) for match in _FIGURE.finditer(text)} - {""}
    words = [fold(word) for word in split_words(text)]
    if found:
        found |= {word for word in words if word in _MONTHS}
    found |= {_DIGITS[word] for word in words if word in _DIGITS}
    found |= {word.rstrip("s") for word in words if word in _WEEKDAYS}
    return frozenset(found)


def _digits(figure: str) -> str:
    digits = re.sub(r"\D", "", figure)
    return _LEADING_ZEROS.sub("", digits)


def addresses(text: str) -> frozenset[str]:
    """Web and mail addresses, in lower case and without what a sentence puts behind them."""
    return frozenset(
        match.group().rstrip(_TRAILING).removeprefix("mailto:").lower() for match in _ADDRESS.finditer(text)
    )


def is_negated(text: str) -> bool:
    """Whether something is denied in the text."""
    plain = folded_line(text).replace("n't", " not")
    return not _NEGATIONS.isdisjoint(word.strip(".,;:!?()\"'") for word in plain.split())


def harmless(text: str) -> str:
    """Text without images, HTML and characters that nobody sees; a marked link becomes its label and
    address.
    """
    text = _IMAGE.sub("", html.unescape(text))
    text = _MARKED_LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    for _ in range(3):  # what is left of a tag inside of a tag is one itself
        text = _TAG.sub("", text)
    return _UNSEEN.sub("", text).strip()
