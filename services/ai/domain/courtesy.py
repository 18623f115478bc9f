"""Small talk and one-word replies: what asks for nothing, and what a yes or a no answers."""

from typing import Final, Literal

from services.ai.domain.expressions import word_set
from services.ai.domain.words import fold, split_words

CourtesyKind = Literal["goodbye", "thanks", "greeting"]
ReplyKind = Literal["yes", "no"]

_MAX_WORDS: Final = 12

_CORE: Final[dict[CourtesyKind, frozenset[str]]] = {
    "goodbye": word_set(
        """
        ade adieu adios bye chao chau cheerio ciao cya farewell goodbye revoir tchau tschuess
        tschuss wiedersehen
        """
    ),
    "thanks": word_set(
        """
        appreciate appreciated cheers dank danke dankeschon gracias grateful merci obrigada
        obrigado thank thanks thx ty valeu
        """
    ),
    "greeting": word_set(
        """
        abend afternoon bonjour bonsoir buenas buenos coucou evening greetings hallo hello hey hi
        hiya hola howdy moin morgen morning oi ola salut servus tag
        """
    ),
}
_YES: Final = word_set(
    """
        absolutely accord alright bueno certo claro definitely gern gerne ja jawohl jo klar ok
        okay ouais oui pode si sim sure vale volontiers yeah yep yes yup
        """
)
_NO: Final = word_set(
    """
        nah nao ne nein no non nope
        """
)
# What people put around all these without asking for anything.
_FILLER: Final = word_set(
    """
        a again aide aimerais ajuda all alles also amable amazing and are at ate au auch auf
        awesome ayuda bad bald be beaucoup bem bien bientot bis bitte boa bom bonne breve
        brilliant buen c care com compris cool d dann das day de dear dia dias die dir do done
        einen entendi entendido est et everyone excellent favor fine folks for from fur geholfen
        gentil good got great gusta gut gute guten guter guys hasta hat have help helped helping
        here hilfe how i ihnen is it its journee just kind klasse la later le lot lots lovely
        luego m machen madam mais manana me mille mir monde much muchas muchisimas mucho muita
        muito muy my nada need nett nice noch noche noches noite now o one parfait pela perfect
        perfecto perfeito plait please por pour pronto que quero really s s'il schon schonen see
        sehr ser sie sil sir so soiree solved su super svp take tarde tardes team tenga tengas
        that thats the then there this to today todo too tout tu tudo und understood va verstanden
        very vielen voce vos votre vous war wars was well wieder wonderful worked works would y
        you your yours zusammen
        """
)
_ALL_CORE: Final = frozenset[str]().union(*_CORE.values())
_COURTEOUS: Final = _FILLER | _ALL_CORE | _YES | _NO


def courtesy_kind(text: str) -> CourtesyKind | None:
    """Which courtesy the message is if nothing else; a goodbye outweighs thanks, thanks a greeting."""
    said = _small_talk(text)
    return next((kind for kind, core in _CORE.items() if said & core), None)


def reply_kind(text: str) -> ReplyKind | None:
    """Whether the message is a mere yes or no; a no outweighs a yes ("no, that's ok")."""
    said = _small_talk(text)
    if said & _NO:
        return "no"
    return "yes" if said & _YES else None


def _small_talk(text: str) -> frozenset[str]:
    """The words of a short message that holds nothing but small talk, else none."""
    words = [fold(word) for word in split_words(text[:200])]
    said = frozenset(words)
    return said if len(words) <= _MAX_WORDS and said <= _COURTEOUS else frozenset()
