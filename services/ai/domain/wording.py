"""Every sentence that the bot says in its own words, by language.

Changing one is safe but for a conversation that is open just then: the bot knows its own last message by
its words, so an older version of a sentence counts as an ordinary answer.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal

from services.ai.domain.contact_requests import HandoffReason
from services.ai.domain.languages import Language

Phrase = Literal[
    "greeting",
    "thanks",
    "goodbye",
    "what_we_are",
    "clarify",
    "asked_back",
    "not_found",
    "cannot_read",
    "nothing_to_suggest",
    "suggestions_off",
]
DEFAULT_LANGUAGE: Final[Language] = "en"

_PHRASES: Final[Mapping[Language, Mapping[Phrase, str]]] = {
    "en": {
        "greeting": "Hello! This is {name}. What can I help you with?",
        "thanks": "You are welcome! Is there anything else you would like to know?",
        "goodbye": "Goodbye, and thank you for writing to us!",
        "what_we_are": (
            "I am {name}, an automated assistant. I answer from what our team has written down. If you "
            "would rather talk to a person, just say so."
        ),
        "clarify": (
            "I am not sure I understood you. The nearest subject I know about is “{title}”. Could you "
            "put your question in other words? Or shall I pass you to a person?"
        ),
        "asked_back": "{question} If you would rather talk to a person, just say so.",
        "not_found": (
            "I have no answer to that. Could you put your question in other words? Or shall I pass you "
            "to a person?"
        ),
        "cannot_read": (
            "I cannot open files here. Could you tell me in words what it is about? Or shall I pass you"
            " to a person?"
        ),
        "nothing_to_suggest": "The knowledge base has nothing on this message.",
        "suggestions_off": "The knowledge base cannot be searched at the moment.",
    },
    "de": {
        "greeting": "Hallo! Hier ist {name}. Womit kann ich Ihnen helfen?",
        "thanks": "Gern geschehen! Möchten Sie noch etwas wissen?",
        "goodbye": "Auf Wiedersehen und danke für Ihre Nachricht!",
        "what_we_are": (
            "Ich bin {name}, ein automatischer Assistent. Ich antworte mit dem, was unser Team "
            "aufgeschrieben hat. Wenn Sie lieber mit einem Menschen sprechen, sagen Sie es einfach."
        ),
        "clarify": (
            "Ich bin nicht sicher, ob ich Sie verstanden habe. Am nächsten kommt, was ich über "
            "„{title}“ weiß. Können Sie Ihre Frage anders ausdrücken? Oder soll ich Sie mit einem "
            "Menschen verbinden?"
        ),
        "asked_back": "{question} Wenn Sie lieber mit einem Menschen sprechen, sagen Sie es einfach.",
        "not_found": (
            "Darauf habe ich keine Antwort. Können Sie Ihre Frage anders ausdrücken? Oder soll ich Sie "
            "mit einem Menschen verbinden?"
        ),
        "cannot_read": (
            "Dateien kann ich hier nicht öffnen. Können Sie mir in Worten sagen, worum es geht? Oder "
            "soll ich Sie mit einem Menschen verbinden?"
        ),
        "nothing_to_suggest": "Die Wissensdatenbank enthält nichts zu dieser Nachricht.",
        "suggestions_off": "Die Wissensdatenbank kann gerade nicht durchsucht werden.",
    },
    "es": {
        "greeting": "¡Hola! Soy {name}. ¿En qué puedo ayudarle?",
        "thanks": "¡De nada! ¿Quiere saber algo más?",
        "goodbye": "¡Hasta pronto y gracias por escribirnos!",
        "what_we_are": (
            "Soy {name}, un asistente automático. Respondo con lo que nuestro equipo ha dejado por "
            "escrito. Si prefiere hablar con una persona, dígamelo."
        ),
        "clarify": (
            "No estoy seguro de haberle entendido. Lo más parecido que conozco es «{title}». ¿Puede "
            "decirlo con otras palabras? ¿O le paso con una persona?"
        ),
        "asked_back": "{question} Si prefiere hablar con una persona, dígalo.",
        "not_found": (
            "No tengo respuesta para eso. ¿Puede decirlo con otras palabras? ¿O le paso con una persona?"
        ),
        "cannot_read": (
            "Aquí no puedo abrir archivos. ¿Puede contarme con palabras de qué se trata? ¿O le paso con"
            " una persona?"
        ),
        "nothing_to_suggest": "La base de conocimiento no contiene nada sobre este mensaje.",
        "suggestions_off": "Ahora mismo no se puede consultar la base de conocimiento.",
    },
    "fr": {
        "greeting": "Bonjour ! Ici {name}. Comment puis-je vous aider ?",
        "thanks": "Avec plaisir ! Souhaitez-vous savoir autre chose ?",
        "goodbye": "Au revoir et merci de nous avoir écrit !",
        "what_we_are": (
            "Je suis {name}, un assistant automatique. Je réponds avec ce que notre équipe a rédigé. Si"
            " vous préférez parler à une personne, dites-le-moi."
        ),
        "clarify": (
            "Je ne suis pas sûr de vous avoir compris. Le sujet le plus proche que je connaisse est « "
            "{title} ». Pouvez-vous le dire autrement ? Ou dois-je vous mettre en relation avec une "
            "personne ?"
        ),
        "asked_back": "{question} Si vous préférez parler à une personne, dites-le.",
        "not_found": (
            "Je n'ai pas de réponse à cela. Pouvez-vous le dire autrement ? Ou dois-je vous mettre en "
            "relation avec une personne ?"
        ),
        "cannot_read": (
            "Je ne peux pas ouvrir de fichiers ici. Pouvez-vous me dire avec des mots de quoi il s'agit"
            " ? Ou dois-je vous mettre en relation avec une personne ?"
        ),
        "nothing_to_suggest": "La base de connaissances ne contient rien sur ce message.",
        "suggestions_off": "La base de connaissances ne peut pas être consultée pour le moment.",
    },
    "pt": {
        "greeting": "Olá! Aqui é {name}. Em que posso ajudar?",
        "thanks": "De nada! Deseja saber mais alguma coisa?",
        "goodbye": "Até breve e obrigado por nos escrever!",
        "what_we_are": (
            "Sou {name}, um assistente automático. Respondo com o que a nossa equipa deixou escrito. Se"
            " preferir falar com uma pessoa, é só dizer."
        ),
        "clarify": (
            "Não tenho a certeza de ter entendido. O assunto mais próximo que conheço é “{title}”. Pode"
            " dizer de outra forma? Ou passo a conversa a uma pessoa?"
        ),
        "asked_back": "{question} Se preferir falar com uma pessoa, é só dizer.",
        "not_found": (
            "Não tenho resposta para isso. Pode dizer de outra forma? Ou passo a conversa a uma pessoa?"
        ),
        "cannot_read": (
            "Não consigo abrir ficheiros aqui. Pode dizer-me por palavras do que se trata? Ou passo a "
            "conversa a uma pessoa?"
        ),
        "nothing_to_suggest": "A base de conhecimento não tem nada sobre esta mensagem.",
        "suggestions_off": "De momento não é possível consultar a base de conhecimento.",
    },
}

_HANDOFFS: Final[Mapping[Language, Mapping[HandoffReason, str]]] = {
    "en": {
        "asked_for_human": "Of course. I am passing you to one of our team; they will answer you here.",
        "not_covered": (
            "I have found no answer to this, so I am passing you to one of our team; they will answer "
            "you here."
        ),
        "low_confidence": (
            "I am not sure enough to give you the right answer, so I am passing you to one of our team;"
            " they will answer you here."
        ),
        "negative_sentiment": (
            "I am sorry that this has been a nuisance. I am passing you to one of our team; they will "
            "answer you here."
        ),
        "rule": "Our team looks after this themselves, so I am passing you on; they will answer you here.",
        "ai_unavailable": (
            "I cannot look this up at the moment, so I am passing you to one of our team; they will "
            "answer you here."
        ),
        "agent_took_over": "One of our team has taken over and will answer you here.",
    },
    "de": {
        "asked_for_human": "Natürlich. Ich verbinde Sie mit unserem Team; die Antwort kommt hier.",
        "not_covered": (
            "Dazu habe ich keine Antwort gefunden. Ich verbinde Sie deshalb mit unserem Team; die "
            "Antwort kommt hier."
        ),
        "low_confidence": (
            "Ich bin mir nicht sicher genug, um Ihnen richtig zu antworten. Ich verbinde Sie deshalb "
            "mit unserem Team; die Antwort kommt hier."
        ),
        "negative_sentiment": (
            "Es tut mir leid, dass das so mühsam ist. Ich verbinde Sie mit unserem Team; die Antwort "
            "kommt hier."
        ),
        "rule": "Darum kümmert sich unser Team selbst. Ich verbinde Sie; die Antwort kommt hier.",
        "ai_unavailable": (
            "Ich kann das gerade nicht nachsehen. Ich verbinde Sie deshalb mit unserem Team; die "
            "Antwort kommt hier."
        ),
        "agent_took_over": "Jemand aus unserem Team hat übernommen und antwortet Ihnen hier.",
    },
    "es": {
        "asked_for_human": "Por supuesto. Le paso con nuestro equipo; le responderán aquí mismo.",
        "not_covered": (
            "No he encontrado respuesta a esto, así que le paso con nuestro equipo; le responderán aquí"
            " mismo."
        ),
        "low_confidence": (
            "No estoy lo bastante seguro para darle la respuesta correcta, así que le paso con nuestro "
            "equipo; le responderán aquí mismo."
        ),
        "negative_sentiment": (
            "Siento las molestias. Le paso con nuestro equipo; le responderán aquí mismo."
        ),
        "rule": "De esto se ocupa nuestro equipo en persona. Le paso con ellos; le responderán aquí mismo.",
        "ai_unavailable": (
            "Ahora mismo no puedo consultarlo, así que le paso con nuestro equipo; le responderán aquí mismo."
        ),
        "agent_took_over": "Una persona de nuestro equipo se ha hecho cargo y le responderá aquí mismo.",
    },
    "fr": {
        "asked_for_human": "Bien sûr. Je vous mets en relation avec notre équipe ; elle vous répondra ici.",
        "not_covered": (
            "Je n'ai pas trouvé de réponse à cela. Je vous mets donc en relation avec notre équipe ; "
            "elle vous répondra ici."
        ),
        "low_confidence": (
            "Je ne suis pas assez sûr pour vous donner la bonne réponse. Je vous mets donc en relation "
            "avec notre équipe ; elle vous répondra ici."
        ),
        "negative_sentiment": (
            "Je suis désolé pour ce désagrément. Je vous mets en relation avec notre équipe ; elle vous"
            " répondra ici."
        ),
        "rule": "Notre équipe s'en occupe elle-même. Je vous mets en relation ; elle vous répondra ici.",
        "ai_unavailable": (
            "Je ne peux pas le vérifier pour le moment. Je vous mets donc en relation avec notre équipe"
            " ; elle vous répondra ici."
        ),
        "agent_took_over": "Une personne de notre équipe a pris le relais et vous répondra ici.",
    },
    "pt": {
        "asked_for_human": "Claro. Vou passar a conversa à nossa equipa; a resposta chegará aqui.",
        "not_covered": (
            "Não encontrei resposta para isto, por isso vou passar a conversa à nossa equipa; a "
            "resposta chegará aqui."
        ),
        "low_confidence": (
            "Não tenho certeza suficiente para dar a resposta certa, por isso vou passar a conversa à "
            "nossa equipa; a resposta chegará aqui."
        ),
        "negative_sentiment": (
            "Lamento o incómodo. Vou passar a conversa à nossa equipa; a resposta chegará aqui."
        ),
        "rule": (
            "Este assunto é tratado diretamente pela nossa equipa. Vou passar a conversa; a resposta "
            "chegará aqui."
        ),
        "ai_unavailable": (
            "De momento não consigo verificar isto, por isso vou passar a conversa à nossa equipa; a "
            "resposta chegará aqui."
        ),
        "agent_took_over": "Alguém da nossa equipa assumiu a conversa e responderá aqui.",
    },
}


#: What the button below each of the bot's messages says, and what it writes for the contact. WhatsApp's have
#: at most 20 characters, Telegram's 64 bytes.
_PERSON_OPTIONS: Final[Mapping[str, str]] = {
    "en": "Talk to a person",
    "de": "Mit Mensch sprechen",
    "es": "Hablar con alguien",
    "fr": "Parler à quelqu'un",
    "pt": "Falar com alguém",
}


def person_option(language: str) -> str:
    """How a contact asks for a person by a button; in English where the language has no words of ours."""
    return _PERSON_OPTIONS.get(language, _PERSON_OPTIONS[DEFAULT_LANGUAGE])


def phrase(key: Phrase, language: Language, *, name: str = "", title: str = "", question: str = "") -> str:
    """A sentence with its names filled in."""
    sentence = _PHRASES[language][key]
    for place, words in (("{name}", name), ("{title}", title), ("{question}", question)):
        sentence = sentence.replace(place, words)
    return sentence


def handoff_text(reason: HandoffReason, language: Language) -> str:
    """What a contact is told when the conversation goes to people: that it does, and why."""
    return _HANDOFFS[language][reason]


def offers_person(text: str) -> bool:
    """True where ``text`` is one of the bot's own sentences for a question it could not answer.

    Each of them offers a person, so a yes to it asks for one, and a second one in a row is one too many.
    """
    return _offers().fullmatch(text.strip()) is not None


def asks_back(text: str) -> bool:
    """True where ``text`` puts a question of a model's to the contact: a yes to it answers that question."""
    return _sentences("asked_back").fullmatch(text.strip()) is not None


@lru_cache(maxsize=1)
def _offers() -> re.Pattern[str]:
    return _sentences("clarify", "not_found", "cannot_read")


@lru_cache(maxsize=2)
def _sentences(*keys: Phrase) -> re.Pattern[str]:
    return _any_of([phrases[key] for phrases in _PHRASES.values() for key in keys])


def _any_of(sentences: list[str]) -> re.Pattern[str]:
    opened = (re.sub(r"\\\{(?:title|name|question)\\\}", ".+", re.escape(one)) for one in sentences)
    return re.compile("|".join(opened), re.DOTALL)


@lru_cache(maxsize=1)
def own_sentences() -> re.Pattern[str]:
    """Everything that the bot says of its own accord, names and titles left open."""
    sentences = [text for phrases in _PHRASES.values() for text in phrases.values()]
    sentences += [text for reasons in _HANDOFFS.values() for text in reasons.values()]
    return _any_of(sentences)
