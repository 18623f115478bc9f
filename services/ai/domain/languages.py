"""Which language a short message is written in, by its function words.

A visitor's message is often four words long, where statistical detectors guess; function words are what such
messages are made of. Words that several languages share count for less, letters that only one of them uses
count for more.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from services.ai.domain.expressions import word_set
from services.ai.domain.words import split_words

Language = Literal["en", "de", "es", "fr", "pt"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

# Only words that carry no topic: a message is matched with articles by what is left.
_STOP_WORDS: Final[dict[Language, str]] = {
    "en": """
        a about after again all also am an and any anyone anything are around as at be because been before
        being both but by can cannot could did do does doing done down during each either else ever every
        few for from get gets getting give go goes going got had has have having he her here hers him his
        how however i if in into is it its just let lot made make many may me might mine more most much must
        my myself near neither no nor not now of off on once one only onto or other our ours out over own
        per rather really same she should since so some somehow someone something still such take than that
        the their theirs them then there these they thing things this those through to too until up upon us
        use used using very via was way we well were what whatever when where whether which while who whom
        whose why will with within without would yet you your yours yourself ain aren couldn didn doesn don
        hadn hasn haven isn ll re shouldn ve wasn weren won wouldn actually anyway currently else exactly
        please pls thanks thank hello hi hey ok okay yes sorry need want wanna wish wondering know tell
        explain understand help question ask asking find possible able like would trying looking seem guys
        dear mean bye goodbye
    """,
    "de": """
        aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist
        da dabei dafür damit danach dann darauf das dass dem den denn der des dessen dich die dies diese
        diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einige er es
        etwas euch euer eure eurem euren für gegen gibt habe haben hast hat hatte hatten hier hin ich ihm
        ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jetzt kann kannst kein
        keine keinen können könnt könnte könnten machen man mehr mein meine meinem meinen meiner mich mir
        mit muss müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinen seit sich
        sie sind so soll sollte sondern um und uns unser unsere unserem unseren unter vom von vor wann war
        waren warum was weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will
        wir wird wo woher wohin worden wurde wurden würde zu zum zur zwischen über geht lange viel bitte
        danke hallo guten tag moin wissen sagen möchte würde gern gerne brauche frage hilfe eigentlich denn
        mal eben halt wollte hätte bekomme bekommen dank vielen dankeschön wiedersehen tschüss
    """,
    "es": """
        a al algo algún alguna alguno ante antes aquel aquí así aun aunque bien cada como cómo con contra
        cual cuál cuales cuáles cualquier cuando cuándo cuanto cuánto cuanta cuánta de del desde donde dónde
        durante e el él ella ellas ellos en entre era es esa ese eso esta está están estar estas este esto
        estos estoy fue ha haber había hace hacer hacia hago han hasta hay he la las le les lo los más me mi
        mí mis mucho muy nada ni no nos nosotros nuestra nuestro o otra otro para pero poco por porque pude
        puede pueden puedo que qué quien quién quiero se sea según ser si sí sido sin sobre son soy su sus
        también tan tanto te tener tengo ti tiene tienen toda todas todo todos tu tú tus un una uno unos
        usted ustedes vosotros y ya yo hola buenos buenas días tardes gracias favor saber decir necesito
        quisiera gustaría pregunta ayuda ayudar adiós muchas
    """,
    "fr": """
        à ai alors après as au aucun aussi autre autres aux avant avec avez avoir avons bien car ce ceci
        cela celle celui ces cet cette ceux chaque chez comme comment d dans de depuis des donc dont du elle
        elles en encore entre es est et étais était été êtes être eu fait faire faites fois faut il ils j
        jamais je jusqu l la là le les leur leurs lors lui m ma mais me même mes moi moins mon n ne ni non
        nos notre nous on ont ou où par parce pas pendant peu peut peuvent peux plus plutôt pour pourquoi
        puis puisque qu quand que quel quelle quelles quels qui quoi rien s sa sans sera ses si soit sommes
        son sont sous suis sur t ta te tes toi ton tous tout toute toutes très tu un une vers vos votre vous
        y c combien bonjour bonsoir salut merci svp plaît savoir dire voudrais aimerais souhaite besoin
        question aide aider pouvez beaucoup revoir
    """,
    "pt": """
        a à ao aos algo algum alguma alguns ante antes após aquela aquele aqui as às até bem cada com como
        contra da das de dela dele depois desde do dos e é ela elas ele eles em entre era essa esse esta
        está estão estar estas este estes estou eu faço fazer foi for foram há isso isto já la lhe mais mas
        me mesmo meu meus minha minhas muito muita na não nas nem no nos nós nossa nosso num numa o onde os
        ou outra outro para pela pelas pelo pelos perante pode podem poder posso por porque pra qual quais
        qualquer quando quanto quantos que quê quem são se sem ser será seu seus sim só sob sobre sou sua
        suas também tão te tem têm tenho ter teu tu tua tudo um uma umas uns você vocês vai vou olá oi bom
        boa dia tarde noite obrigado obrigada favor saber dizer preciso quero queria gostaria pergunta ajuda
        ajudar tchau
    """,
}

STOP_WORDS: Final[Mapping[str, frozenset[str]]] = {
    language: word_set(words) for language, words in _STOP_WORDS.items()
}

# Letters that give a language away among these five.
_TELLING_LETTERS: Final[dict[str, Language]] = {
    "ß": "de",
    "ä": "de",
    "ö": "de",
    "ü": "de",
    "ñ": "es",
    "¿": "es",
    "¡": "es",
    "œ": "fr",
    "è": "fr",
    "ù": "fr",
    "û": "fr",
    "î": "fr",
    "ã": "pt",
    "õ": "pt",
}
_TELLING_WEIGHT: Final = 1.0
_LONG_TEXT_WORDS: Final = 20
# In running text of these languages 40 to 55 words in 100 are stop words; in a sister language some 15 to 20.
_LONG_TEXT_SHARE: Final = 0.25
_READ_CHARACTERS: Final = 2_000

_WORD_WEIGHTS: Final[dict[str, dict[Language, float]]] = {
    word: {language: 1 / len(owners) for language in owners}
    for word in frozenset().union(*STOP_WORDS.values())
    if (owners := [language for language in LANGUAGES if word in STOP_WORDS[language]])
}


def detect_language(text: str) -> Language | None:
    """The language of ``text``, or None where its words do not tell or two languages are as likely."""
    text = text[:_READ_CHARACTERS].casefold()
    words = split_words(text)
    scores: dict[Language, float] = {}
    known = 0
    for word in words:
        weights = _WORD_WEIGHTS.get(word)
        if weights:
            known += 1
            for language, weight in weights.items():
                scores[language] = scores.get(language, 0.0) + weight
    for letter, language in _TELLING_LETTERS.items():
        if letter in text:
            scores[language] = scores.get(language, 0.0) + _TELLING_WEIGHT
    if len(words) >= _LONG_TEXT_WORDS and known < _LONG_TEXT_SHARE * len(words):
        return None
    ranked = sorted(scores.items(), key=lambda scored: -scored[1])
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
