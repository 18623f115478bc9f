"""What a message is, before any document is looked at."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.contact_requests import HandoffReason
from services.ai.domain.courtesy import courtesy_kind, reply_kind
from services.ai.domain.frustration import is_frustrated, repeats_question
from services.ai.domain.human_request import asks_for_human, asks_what_we_are
from services.ai.domain.languages import LANGUAGES, Language
from services.ai.domain.rules import HandoffRules, Topic, matched_rule
from services.ai.domain.wording import Phrase, handoff_text, offers_person, phrase

ASKS = """
I'd like to speak to somebody in charge
Could you put me through to your service desk?
get me a manager
I need an agent
transfer this conversation to a colleague please
Can somebody else look at my case?
is there anybody to talk to
I refuse to chat with a bot
I'm not happy sharing my card number with a machine
you don't understand me, give me a human
No no, I don't need a refund, I need a representative
talk to a person
HUMAN PLEASE!!!
agent
the sales team please
Can I reach a real agent?
Kann ich bitte mit einem Menschen sprechen?
Ich möchte mit einem Mitarbeiter reden
Könnten Sie mich an einen Kollegen weiterleiten?
Verbinden Sie mich mit dem Kundendienst
Ich will einen echten Menschen
Ich habe keine Lust mehr mit einem Bot zu schreiben
Mitarbeiter bitte
Quiero hablar con una persona
Páseme con un agente por favor
Necesito un asesor
No quiero hablar con un robot
Je veux parler à un humain
Passez-moi un conseiller s'il vous plaît
J'aimerais avoir une vraie personne
Je ne veux pas parler à une machine
Quero falar com alguém
Pode me passar para um atendente?
Preciso de um atendente
Não quero falar com um robô
"""

ASKS_NOT = """
How do I connect my kettle to the app?
Is this kettle made for one person?
I transferred money to another person
My husband wants to talk to you about the invoice
I talked to your colleague yesterday and all is well
I don't need an agent
There is no need to transfer me to a human
Can I send a gift to someone?
How many people work for you?
Put it on the table
Am I talking to a real person?
call me
You can find someone using the search
Ich brauche keinen Mitarbeiter
Ich möchte nicht mit einem Menschen sprechen
Kann ich für zwei Personen bestellen?
No quiero hablar con una persona
¿Cuánto cuesta el envío para una persona?
Je ne veux pas parler à un conseiller
Combien de personnes ?
Quantas pessoas cabem?
Wie kann ich mit PayPal bezahlen?
"""

ANGRY = """
this is really frustrating
You are useless
stupid bot
I have already told you my order number
What a waste of my time!
Terrible and disappointing
WHY IS IT STILL NOT HERE, THIS IS HORRIBLE
Still broken, I am so annoyed
disappointed!!!
Das ist eine Frechheit
Ich bin wirklich sauer
Esto es inaceptable
Je suis vraiment en colère
c'est scandaleux
Isto é uma vergonha
Estou farto disto
"""

CALM = """
How many times can I use a gift card?
Where is my order???
MY KETTLE MODEL IS KC THREE HUNDRED
The taste is awful with hard water, what can I do?
Is it bad to leave water inside?
Does the KC-200 USB BASE fit?
Das Gerät nervt nicht, es ist leise
Thank you!!
"""


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


@pytest.mark.parametrize("text", lines(ASKS))
def test_a_request_for_a_person_is_heard(text: str) -> None:
    assert asks_for_human(text)


@pytest.mark.parametrize("text", lines(ASKS_NOT))
def test_a_person_is_not_heard_where_nobody_asked(text: str) -> None:
    assert not asks_for_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "Are you a robot?",
        "am I chatting with a real person?",
        "Bist du ein Mensch?",
        "¿Eres un bot?",
        "Êtes-vous une vraie personne ?",
        "Você é um robô?",
    ],
)
def test_a_question_about_what_we_are_is_heard(text: str) -> None:
    assert asks_what_we_are(text)
    assert not asks_for_human(text)


@pytest.mark.parametrize(
    "text", ["Is this kettle made for one person?", "are you open?", "I am a robot engineer"]
)
def test_other_questions_are_not_about_what_we_are(text: str) -> None:
    assert not asks_what_we_are(text)


@pytest.mark.parametrize("text", lines(ANGRY))
def test_anger_is_heard(text: str) -> None:
    assert is_frustrated(text)


@pytest.mark.parametrize("text", lines(CALM))
def test_calm_messages_are_not_taken_for_anger(text: str) -> None:
    assert not is_frustrated(text)


def test_the_same_question_again_is_noticed() -> None:
    before = ["hello", "Where is my parcel KC-300?"]

    assert repeats_question("so where is my parcel kc 300??", before, "en")
    assert not repeats_question("where is my invoice", before, "en")
    assert not repeats_question("hello", before, "en")
    assert not repeats_question("parcel tracking", [], "en")
    assert not repeats_question("parcel tracking", ["and so on"], "en")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello!", "greeting"),
        ("Good morning, how are you?", "greeting"),
        ("Guten Tag", "greeting"),
        ("thank you so much for your help", "thanks"),
        ("ok thanks", "thanks"),
        ("muchas gracias", "thanks"),
        ("merci beaucoup", "thanks"),
        ("Obrigada!", "thanks"),
        ("Thanks, bye", "goodbye"),
        ("Auf Wiedersehen", "goodbye"),
        ("hello where is my order", None),
        ("thanks but it does not work", None),
        ("hello " * 20, None),
        ("", None),
        ("👍", None),
    ],
)
def test_small_talk_is_recognised_when_it_is_all_there_is(text: str, kind: str | None) -> None:
    assert courtesy_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes please", "yes"),
        ("Ja, gerne", "yes"),
        ("sí", "yes"),
        ("d'accord", "yes"),
        ("No, that's ok", "no"),
        ("nein danke", "no"),
        ("yes but where", None),
        ("yes, my order is late", None),
        ("please", None),
    ],
)
def test_a_mere_yes_or_no_is_recognised(text: str, kind: str | None) -> None:
    assert reply_kind(text) == kind


RULES = HandoffRules(
    keywords=("lawyer", "Data  Protection", "café", " "),
    topics=(Topic("complaints", ("file complaint",)), Topic("bulk orders", ("", "order hundred kettles"))),
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("I will call my LAWYER!", "lawyer"),
        ("who does data\nprotection here", "data protection"),
        ("the cafe is closed", "cafe"),
        ("lawyers", None),
        ("How do I file several complaints?", "complaints"),
        ("a hundred kettle order", "bulk orders"),
        ("one kettle", None),
        ("complaint", None),
    ],
)
def test_the_chatbots_rules_are_met_by_whole_words_and_topics_in_any_form(
    text: str, rule: str | None
) -> None:
    found = matched_rule(text, RULES, "en")

    assert (" ".join(found.split()) if found else found) == rule


def test_without_rules_nothing_is_met() -> None:
    assert matched_rule("lawyer", HandoffRules(), "en") is None
    assert matched_rule("lawyer", HandoffRules(keywords=("", " ")), "en") is None


@pytest.mark.parametrize(("key", "language"), list(product(get_args(Phrase), LANGUAGES)))
def test_each_sentence_exists_in_each_language_with_its_names_filled_in(
    key: Phrase, language: Language
) -> None:
    text = phrase(key, language, name="Kit (a bot)", title="What's {name}?")

    assert ("{" not in text) or "What's {name}?" in text
    assert len(text) > 10
    assert offers_person(text) == (key in ("clarify", "not_found", "cannot_read"))


def test_sentences_differ_between_languages_and_reasons() -> None:
    texts = [handoff_text(reason, language) for reason in get_args(HandoffReason) for language in LANGUAGES]

    assert len(set(texts)) == len(get_args(HandoffReason)) * len(LANGUAGES)


@given(st.text())
def test_any_text_can_be_understood(text: str) -> None:
    asks_for_human(text)
    asks_what_we_are(text)
    is_frustrated(text)
    courtesy_kind(text)
    reply_kind(text)
    matched_rule(text, RULES, None)
    assert not offers_person(text)
