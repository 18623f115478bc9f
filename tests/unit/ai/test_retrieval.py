from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.bm25 import (
    MAX_QUERY_WORDS,
    STOP_WORD_WEIGHT,
    ChunkTerms,
    Corpus,
    MeanLengths,
    chunk_terms,
    term_of,
    term_weights,
    weigh_query,
)
from services.ai.domain.citations import Citation, is_supported, is_verbatim
from services.ai.domain.documents import Chunk
from services.ai.domain.extraction import MAX_QUOTE_CHARACTERS, extract
from services.ai.domain.passages import Passage, Score

MEANS = MeanLengths(headings=2, text=4)
CHUNK = Chunk("d#0", "d", 0, "Gift cards", "A gift card lasts four years", ("Validity",))

Counted = tuple[set[int], int, int, str | None]

counted_chunks = st.lists(
    st.tuples(
        st.sets(st.integers(0, 20), min_size=1),
        st.integers(0, 9),
        st.integers(0, 99),
        st.sampled_from(["en", "de", None]),
    )
)


def passage(text: str, *, title: str = "A title", language: str | None = "en") -> Passage:
    return Passage("d", "d#0", title, (), text, "public", language, Score(1.0, 1.0))


def term(word: str) -> int:
    return term_of(word, "en")


def test_the_title_counts_as_a_heading() -> None:
    terms = chunk_terms(CHUNK, "en")

    assert terms.headings == Counter([term("gift"), term("cards"), term("validity")])
    assert terms.text[term("card")] == 1
    assert term("validity") in terms.distinct
    assert term("lasts") in terms.distinct


def test_a_single_word_at_mean_length_weighs_one() -> None:
    weights = term_weights(ChunkTerms(Counter(), Counter([1, 2, 3, 4])), MEANS)

    assert weights == {1: pytest.approx(1), 2: pytest.approx(1), 3: pytest.approx(1), 4: pytest.approx(1)}


def test_a_word_weighs_more_in_a_heading_and_less_in_a_long_text() -> None:
    in_heading = term_weights(ChunkTerms(Counter([1, 2]), Counter()), MEANS)[1]
    in_short = term_weights(ChunkTerms(Counter(), Counter([1])), MEANS)[1]
    in_long = term_weights(ChunkTerms(Counter(), Counter([1, *range(2, 30)])), MEANS)[1]

    assert in_heading > in_short > in_long


@given(counted_chunks, counted_chunks)
def test_a_corpus_forgets_exactly_what_it_counted(kept: list[Counted], gone: list[Counted]) -> None:
    corpus, alone = Corpus(), Corpus()
    for distinct, headings, text, language in kept:
        alone.add(distinct, headings, text, language)
    for distinct, headings, text, language in kept + gone:
        corpus.add(distinct, headings, text, language)
    for distinct, headings, text, language in gone:
        corpus.remove(distinct, headings, text, language)

    assert corpus == alone
    assert corpus.means == alone.means


def test_mean_lengths_are_true_means_and_at_least_one() -> None:
    corpus = Corpus()
    assert corpus.means == MeanLengths(1, 1)
    corpus.add([1], 4, 10, "en")
    corpus.add([1], 2, 30, "en")

    assert corpus.means == MeanLengths(3, 20)
    assert corpus.means.drift(MeanLengths(3, 25)) == pytest.approx(0.2)


def test_rarer_words_weigh_more_and_unknown_ones_most() -> None:
    corpus = Corpus()
    for _ in range(8):
        corpus.add([1], 1, 5, "en")
    corpus.add([1, 2], 1, 5, "en")

    assert 0 < corpus.rarity([1]) < corpus.rarity([2]) < corpus.rarity([3])
    assert corpus.rarity([1, 2]) == corpus.rarity([1])  # no word is in more chunks than there are


def test_a_question_is_weighed_by_rarity_and_known_stop_words_by_half_of_it() -> None:
    corpus = Corpus()
    corpus.add([term("kettle"), term("how")], 1, 5, "en")

    query = weigh_query("How is the kettle kettle unplugged", corpus)

    known, unknown = corpus.rarity([term("kettle")]), corpus.rarity([0])
    assert query.weights == {
        term("how"): pytest.approx(known * STOP_WORD_WEIGHT),
        term("kettle"): pytest.approx(known),
        term("unplugged"): pytest.approx(unknown),
    }
    assert query.mass == pytest.approx(sum(query.weights.values()))


def test_a_word_is_stemmed_in_each_language_of_the_corpus_but_its_mass_counts_once() -> None:
    corpus = Corpus()
    corpus.add([term_of("häuser", "de")], 1, 5, "de")
    corpus.add([term_of("houses", "en")], 1, 5, "en")

    query = weigh_query("häuser", corpus)

    assert term_of("häuser", "de") in query.weights
    assert len(query.weights) == 2
    assert query.mass == pytest.approx(max(query.weights.values()))


def test_a_corpus_without_a_language_is_matched_by_folded_words() -> None:
    assert set(weigh_query("Café", Corpus()).weights) == {term_of("cafe", None)}


def test_a_story_is_cut_after_its_first_words() -> None:
    query = weigh_query(" ".join(f"word{n}" for n in range(200)), Corpus())

    assert len(query.weights) == MAX_QUERY_WORDS


@pytest.mark.parametrize(
    ("lexical", "mass", "confidence"),
    [(2, 2, 0.733), (6, 2, 0.970), (1, 2, 0.364), (0, 2, 0), (1, 0, 0), (-1, 1, 0)],
)
def test_confidence_grows_with_the_share_of_the_mass_that_was_met(
    lexical: float, mass: float, confidence: float
) -> None:
    assert Score(lexical, mass).confidence == pytest.approx(confidence, abs=0.001)


def test_a_short_passage_is_quoted_whole() -> None:
    citation = extract("anything", passage("One sentence. Another one."))

    assert citation == Citation("d", "d#0", "A title", "One sentence. Another one.", 0, 26)


def test_of_a_long_passage_the_paragraph_that_shares_most_words_is_quoted() -> None:
    text = "\n\n".join(
        ["About lids. " + "x " * 200, "Filters cost 4 euros. Change them.", "About seals. " + "y " * 200]
    )

    assert extract("what do filters cost", passage(text)).quote == "Filters cost 4 euros. Change them."


def test_a_list_is_quoted_with_the_line_that_introduces_it() -> None:
    listed = "To descale:\n\n- fill the kettle\n- warm it up"
    text = "\n\n".join([f"About lids. {'x ' * 200}", listed, "About seals."])

    assert extract("descale the kettle", passage(text)).quote == listed


def test_an_introduction_too_long_to_keep_with_its_list_stands_alone() -> None:
    text = f"{'x ' * 210}and so on:\n\n- descale it\n- rinse it"

    assert extract("how to descale", passage(text)).quote == "- descale it\n- rinse it"


def test_of_a_long_paragraph_neighbouring_sentences_are_quoted() -> None:
    filler = [f"This is filler sentence number {n} about nothing at all." for n in range(10)]
    text = " ".join([*filler, "Vinegar attacks the seals.", "Use citric acid instead.", *filler])

    quote = extract("does vinegar attack seals", passage(text)).quote

    assert "Vinegar attacks the seals. Use citric acid instead." in quote
    assert len(quote) <= MAX_QUOTE_CHARACTERS


def test_at_the_end_of_a_paragraph_the_sentences_before_are_taken_in() -> None:
    filler = [f"This is filler sentence number {n} about nothing at all." for n in range(10)]

    quote = extract("vinegar", passage(" ".join([*filler, "Never use vinegar."]))).quote

    assert quote.endswith("number 9 about nothing at all. Never use vinegar.")


def test_a_sentence_without_end_is_cut_after_a_word_or_within_one() -> None:
    words = extract("kettle", passage("kettle " * 100)).quote
    word = extract("kettle", passage("k" * 600)).quote

    assert words.endswith("kettle")
    assert len(words) <= MAX_QUOTE_CHARACTERS
    assert word == "k" * MAX_QUOTE_CHARACTERS


@given(st.text(max_size=60), st.text(min_size=1, max_size=1_500).filter(str.strip))
def test_every_quote_is_verbatim_and_short(question: str, text: str) -> None:
    found = passage(text)
    citation = extract(question, found)

    assert len(citation.quote) <= MAX_QUOTE_CHARACTERS
    assert found.text[citation.start : citation.end] == citation.quote


def test_a_citation_stands_where_it_says() -> None:
    found = passage("Free above 60 euros.")
    quote = Citation("d", "d#0", "A title", "above 60", 5, 13)

    assert is_verbatim(quote, found)


@pytest.mark.parametrize(
    "forged",
    [
        Citation("d", "d#0", "t", "above 70", 5, 13),
        Citation("d", "d#0", "t", "above 60", 6, 14),
        Citation("d", "d#1", "t", "above 60", 5, 13),
        Citation("e", "d#0", "t", "above 60", 5, 13),
        Citation("d", "d#0", "t", "", 5, 5),
        Citation("d", "d#0", "t", " ", 4, 5),
        Citation("d", "d#0", "t", "60 euros.", -9, 20),
        Citation("d", "d#0", "t", "60 euros.", 11, 21),
    ],
)
def test_a_forged_citation_is_found_out(forged: Citation) -> None:
    assert not is_verbatim(forged, passage("Free above 60 euros."))


def test_a_text_is_supported_when_each_line_is_quoted() -> None:
    found = {"d#0": passage("Free above 60 euros.\nElse 4.90.")}
    quote = Citation("d", "d#0", "t", "Free above 60 euros.\nElse 4.90.", 0, 31)

    assert is_supported("Free above 60 euros.\n\nElse 4.90.", [quote], found)
    assert not is_supported("Free above 60 euros.\nAlways.", [quote], found)
    assert not is_supported("Free above 60 euros.", [quote], {})
    assert not is_supported("Free above 60 euros.", [], found)
    assert not is_supported(" \n", [quote], found)
    assert not is_supported("x", [Citation("d", "d#0", "t", "x", 0, 1)], found)
