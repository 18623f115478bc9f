"""Signs that a contact has had enough: words of anger, shouting, the same question once more."""

import re
from collections.abc import Iterable
from typing import Final

from services.ai.domain.expressions import joined
from services.ai.domain.topics import topic_stems
from services.ai.domain.words import folded_line

# Strong expressions are about us or the conversation; a mild word ("disappointed") may be about the weather
# and counts only together with another sign.
_STRONG: Final = re.compile(
    joined(
        r"""
    \b(?:
    # English
    (?:this|it|that|you|conversation|bot|chat|which) (?:is|are|'s|'re
    |has been)(?: \w+)? (?:really |so |very |extremely |just )?(?:frustrating|infuriating|ridiculous
    |a joke|outrageous|unacceptable|unbelievable|pathetic|absurd)
    |(?:so|really|very|extremely|getting|i'?m|am) (?:frustrated|furious|angry|annoyed|pissed|fed up
    |upset with you|mad at)
    |(?:bot|you|this chat|this thing|your (?:service|support|company|answers?)|conversation) (?:is|are
    |was)(?: \w+)? (?:stupid|useless|terrible|awful|horrible|hopeless|dumb|rubbish|garbage|crap|shit
    |a joke|not working at all|getting (?:me )?(?:it )?all wrong|not (?:helping|helpful|listening))
    |(?:stupid|useless|dumb|idiotic|damn|bloody|fucking) (?:bot|robot|machine|chatbot|thing|service
    |company|answers?)
    |(?:you|this|it) (?:did ?n'?t|do ?n'?t|does ?n'?t|did not|does not|do not|never) (?:help|listen
    |understand anything)(?: me)? ?(?:at all|ever|$)|wast(?:e|ing|ed) (?:of )?(?:my )?time|fed up
    |worst (?:\w+ )?(?:service|support|company|experience|bot|shop)|sick (?:and tired )?of
    |how many times (?:do|must|should|shall) i (?:have|need|tell|say|ask|repeat|explain)
    |already (?:told|said|asked|explained)(?: you)?
    |i(?:'ll| will| am going to) (?:sue|report you)|what the (?:hell|fuck|heck)|wtf|bullshit
    |fuck(?:ing| you| this| off)?|for (?:god|christ|fuck)'?s sake|scam(?:mers)?|rip ?off
    # German
    |(?:ich bin|bin) (?:\w+ )?(?:sauer|wutend|genervt|stinksauer|verargert)
    |(?:das ist|was fur) (?:\w+ )?(?:ein witz|eine frechheit|eine unverschamtheit|lacherlich
    |eine zumutung)|unverschamt|(?:dummer|bloder|scheiss) ?(?:chat)?bot|zeitverschwendung|zum kotzen
    |habe (?:die )?(?:schnauze|nase) voll|schlechtester service|scheisse|verarsch\w*
    |schon (?:drei|zig|hundert|x ?)mal gesagt
    # Spanish
    |estoy (?:muy |tan |bastante |super )?(?:hart[oa]|enfadad[oa]|enojad[oa]|furios[oa]|frustrad[oa]
    |indignad[oa])
    |(?:es|esto es|que) (?:una )?(?:verguenza|ridiculo|inaceptable|estafa|porqueria|tomadura de pelo
    |mierda)|(?:bot|robot) (?:inutil|estupido|de mierda)|perd(?:er|iendo|ida) (?:de |el |mi )?tiempo
    |el peor servicio|no sirve[sn]? para nada
    # French
    |je suis (?:vraiment |tres |tellement )?(?:furieu[xs]e?|en colere|enerve[e]?|frustre[e]?|agace[e]?
    |excede[e]?)
    |(?:c'est|quelle) (?:vraiment |completement )?(?:inadmissible|inacceptable|ridicule|honteux
    |une honte|scandaleux|honte|arnaque|n'importe quoi)|(?:bot|robot) (?:inutile|stupide|nul)
    |perte de temps|perdre mon temps|ras[- ]le[- ]bol|j'en ai marre|pire service|merde
    # Portuguese
    |estou (?:muito |tao |super |bem )?(?:fart[oa]|irritad[oa]|furios[oa]|frustrad[oa]|zangad[oa]
    |indignad[oa]|chatead[oa])
    |(?:e|isto e|isso e|que) (?:um |uma )?(?:vergonha|ridiculo|inaceitavel|palhacada|absurdo|porcaria
    |merda|burla|golpe)|(?:bot|robo) (?:inutil|estupido|burro)|perda de tempo
    |perder (?:o )?(?:meu )?tempo|pior (?:servico|atendimento)|nao serve para nada
    )\b
    """
    )
)
_MILD: Final = re.compile(
    joined(
        r"""
    \b(?:
    frustrat\w+|annoy\w+|disappoint\w+|angry|terrible|awful|horrible|useless|ridiculous|unacceptable
    |furious|worst|hate|stupid|upset|nonsense|rubbish|hopeless|disgust\w+|arger\w*|enttausch\w+|nerv\w+
    |furchtbar|schrecklich|unmoglich|katastrophe|frechheit|schlecht\w*|decepcion\w*|molest[oa]|horrible
    |pesim[oa]|fatal|inutil|harto|decu[es]*|enerv\w+|nul(?:le)?|inutile|catastroph\w+|honte
    |decepcionad[oa]|pessim[oa]|horrivel|irritad[oa]|vergonha
    )\b
    """
    )
)
_SHOUTED_MARKS: Final = re.compile(r"[!?¡¿]{3,}|!{2,}")
_CAPITAL_WORD: Final = re.compile(r"\b[A-ZÀ-ÖØ-Þ]{3,}\b")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SHOUTED_WORDS: Final = 4  # three capital words in a row are a product's name or an abbreviation
_SHOUTED_SHARE: Final = 0.7
_STRONG_POINTS: Final = 2
_READ_CHARACTERS: Final = 2_000

_SAME_QUESTION: Final = 0.75  # share of content words in common; a correction of one word in six still counts
_LEAST_WORDS: Final = 2  # "hello" twice is no complaint


def is_frustrated(text: str) -> bool:
    """True where the message shows anger: one strong expression, or two lesser signs together."""
    text = text[:_READ_CHARACTERS]
    plain = folded_line(text)
    points = _STRONG_POINTS if _STRONG.search(plain) else 0
    points += len({match.group() for match in _MILD.finditer(plain)})
    points += 1 if _SHOUTED_MARKS.search(text) else 0
    points += 1 if _shouts(text) else 0
    # Capitals and marks alone are how some people write; a word has to bear them out.
    return points >= _STRONG_POINTS and (_STRONG.search(plain) is not None or _MILD.search(plain) is not None)


def _shouts(text: str) -> bool:
    capitals = _CAPITAL_WORD.findall(text)
    letters = len(_LETTER.findall(text))
    return len(capitals) >= _SHOUTED_WORDS and sum(map(len, capitals)) >= _SHOUTED_SHARE * letters


def repeats_question(text: str, answered_before: Iterable[str], language: str | None) -> bool:
    """True where ``text`` asks again what one of the earlier messages asked, each of them answered."""
    asked = topic_stems(text, language)
    if len(asked) < _LEAST_WORDS:
        return False
    for earlier in answered_before:
        known = topic_stems(earlier, language)
        if known and len(asked & known) / len(asked | known) >= _SAME_QUESTION:
            return True
    return False
