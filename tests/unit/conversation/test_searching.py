from hypothesis import given
from hypothesis import strategies as st

from services.conversation.domain.searching import (
    LONGEST_WORD,
    MOST_WANTED,
    MOST_WORDS,
    wanted_words,
    words_of,
)


def test_words_are_found_whatever_their_case_and_accents():
    assert words_of("Café CAFÉ Straße, naïve!") == ("cafe", "strasse", "naive")


def test_addresses_and_numbers_come_apart_alike_in_text_and_search():
    assert words_of("mail ana.reis@kettle.test, order K-104") == (
        "mail",
        "ana",
        "reis",
        "kettle",
        "test",
        "order",
        "k",
        "104",
    )
    assert set(wanted_words("ana.reis@kettle.test ").words) <= set(words_of("to ana.reis@kettle.test"))


def test_what_is_written_without_spaces_is_kept_in_pairs():
    assert words_of("退款政策") == ("退款", "款政", "政策")
    assert words_of("款") == ("款",)
    assert words_of("abc退款") == ("abc", "退款")


def test_words_are_bounded():
    assert len(words_of(" ".join(f"w{number}" for number in range(1_000)))) == MOST_WORDS
    assert words_of("x" * 100) == ("x" * LONGEST_WORD,)
    assert len(wanted_words(" ".join(f"w{number}" for number in range(50)) + " ").words) == MOST_WANTED


def test_the_last_word_may_be_unfinished():
    wanted = wanted_words("late parc")
    assert (wanted.words, wanted.prefix) == (("late",), "parc")
    assert wanted_words("late parcel ").prefix is None
    assert wanted_words("late p").words == ("late", "p")
    assert wanted_words("parcel parcel").prefix == "parcel"
    assert wanted_words("?!").nothing


@given(st.text(max_size=300))
def test_every_word_of_a_text_finds_it(text: str):
    words = words_of(text)
    for word in words:
        assert set(words_of(word)) <= set(words) or len(word) == LONGEST_WORD


@given(st.text(max_size=200))
def test_a_text_as_a_search_means_its_own_words(text: str):
    wanted = wanted_words(text)
    words = words_of(text)
    assert set(wanted.words) <= set(words)
    assert wanted.prefix is None or any(word.startswith(wanted.prefix) for word in words)
