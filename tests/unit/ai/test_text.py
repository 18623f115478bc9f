from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.languages import LANGUAGES, detect_language
from services.ai.domain.sentences import sentence_spans, split_sentences
from services.ai.domain.topics import topic_stems
from services.ai.domain.words import fold, folded_line, split_words, stem

languages = st.sampled_from([*LANGUAGES, None, "xx"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where's my ORDER-no. 4711?", ["where", "s", "my", "order", "no", "4711"]),
        ("Größe_und Straße", ["grösse", "und", "strasse"]),
        ("\uff46\uff55\uff4c\uff4c width", ["full", "width"]),
        ("返品方法は\uff1f return 方", ["返品", "品方", "方法", "法は", "return", "方"]),
        ("… !", []),
    ],
)
def test_text_is_split_into_lower_case_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "returned", "returning"),
        ("de", "Rücksendungen", "Ruecksendung"),
        ("de", "Häuser", "Haus"),
        ("es", "devoluciones", "devolucion"),
        ("es", "envíos", "envio"),
        ("fr", "livraisons", "livraison"),
        ("fr", "remboursé", "rembourse"),
        ("pt", "devoluções", "devolucao"),
        (None, "Café", "cafe"),
        ("xx", "Café", "cafe"),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str | None, one: str, other: str) -> None:
    assert stem(split_words(one)[0], language) == stem(split_words(other)[0], language)


@given(st.text(), languages)
def test_words_and_stems_are_folded_and_splitting_is_stable(text: str, language: str | None) -> None:
    words = split_words(text)

    assert all(word for word in words)
    for word in words:
        assert stem(word, language) == stem(word, language)
    assert split_words(" ".join(word for word in words if word.isascii())) == [
        word for word in words if word.isascii()
    ]


@given(st.text())
def test_folding_leaves_no_capitals_and_one_line(text: str) -> None:
    assert fold(text) == fold(text).lower()
    assert "\n" not in folded_line(text)


def test_topics_leave_out_stop_words_and_what_an_apostrophe_leaves() -> None:
    assert topic_stems("What's the price of 2 kettles?", "en") == {"price", "2", "kettl"}
    assert topic_stems("the price", None) == {"price"}
    assert topic_stems("prezzo", "it") == {"prezzo"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how long does delivery take", "en"),
        ("Wie lange dauert die Lieferung?", "de"),
        ("Größe?", "de"),
        ("¿Cuánto cuesta el envío?", "es"),
        ("Quels sont les délais de livraison ?", "fr"),
        ("Quanto tempo demora a entrega? Obrigado", "pt"),
        ("hola", "es"),
        ("PayPal", None),
        ("", None),
        ("no", None),
    ],
)
def test_language_is_told_by_function_words(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_a_long_text_with_few_known_words_has_no_language() -> None:
    assert detect_language("lorem ipsum dolor sit amet consectetur adipiscing elit " * 5) is None


@given(st.text())
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert detect_language(text) in (*LANGUAGES, None)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 4.90 euros. Pay later.", ["It costs 4.90 euros.", "Pay later."]),
        ("Use e.g. Citric acid. Rinse.", ["Use e.g. Citric acid.", "Rinse."]),
        ("1. Fill it. 2. Boil it.", ["1. Fill it.", "2. Boil it."]),
        ("first line\nsecond line\n\nthird", ["first line", "second line", "third"]),
        ("He said “yes.” Then he left.", ["He said “yes.”", "Then he left."]),
        ("返品できます。送料は無料です。", ["返品できます。", "送料は無料です。"]),
        ("  ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.text())
def test_sentences_are_verbatim_in_order_and_lose_only_blanks(text: str) -> None:
    spans = sentence_spans(text)

    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())
