from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.bm25 import HEADING_WEIGHT, Corpus, MeanLengths, term_weights
from services.ai.domain.citations import Citation, is_supported, is_verbatim
from services.ai.domain.documents import Chunk
from services.ai.domain.extraction import MAX_QUOTE_CHARACTERS, extract
from services.ai.domain.passages import Passage, Score
from services.ai.domain.terms import (
    ChunkTerms,
    Field,
    Lengths,
    chunk_terms,
    is_word,
    letters_of,
    pair_of,
    term_of,
)
from services.ai.domain.weighing import JOINED_WEIGHT, MAX_QUERY_WORDS, STOP_WORD_WEIGHT, weigh_query

MEANS = MeanLengths(headings=2, text=4, letters=10)
CHUNK = Chunk(
    "d#0",
    "d",
    0,
    "Gift cards",
    "A gift card lasts four years",
    ("Validity",),
    ("when does my voucher expire",),
)

Counted = tuple[set[int], Lengths, str | None]

counted_chunks = st.lists(
    st.tuples(
        st.sets(st.integers(0, 20), min_size=1),
        st.builds(Lengths, st.integers(0, 9), st.integers(0, 99), st.integers(0, 50)),
        st.sampled_from(["en", "de", None]),
    )
)


def words_alone(*terms: int) -> Field:
    return Field(Counter(terms), Counter(), Counter())


NOTHING = words_alone()


def passage(text: str, *, title: str = "A title", language: str | None = "en") -> Passage:
    return Passage("d", "d#0", title, (), text, "public", language, Score(1.0, 1.0))


LENGTHS = Lengths(1, 5, 5)


def term(word: str) -> int:
    return term_of(word, "en")


def words_of(weights: dict[int, float]) -> dict[int, float]:
    return {term: weight for term, weight in weights.items() if is_word(term)}


def test_the_title_counts_as_a_heading() -> None:
    terms = chunk_terms(CHUNK, "en")

    assert terms.headings.words == Counter([term("gift"), term("cards"), term("validity")])
    assert terms.text.words[term("card")] == 1
    assert term("validity") in terms.distinct
    assert term("lasts") in terms.distinct


def test_phrasings_that_were_approved_are_terms_of_the_chunk() -> None:
    terms = chunk_terms(CHUNK, "en")

    assert terms.phrasings.words[term("voucher")] == 1
    assert term("voucher") in terms.distinct
    assert terms.lengths == Lengths(
        3, 6, len(letters_of("gift") + letters_of("cards") + letters_of("validity"))
    )


def test_neighbours_are_pairs_and_only_within_one_phrasing() -> None:
    chunk = Chunk("d#0", "d", 0, "", "gift card", phrasings=("voucher ends", "card lost"))
    terms = chunk_terms(chunk, "en")

    assert terms.text.pairs == Counter([pair_of(term("gift"), term("card"))])
    assert pair_of(term("ends"), term("card")) not in terms.phrasings.pairs
    assert not terms.text.letters


@given(st.text(max_size=20), st.text(max_size=20))
def test_only_words_are_counted_terms(word: str, other: str) -> None:
    first, second = term_of(word, "en"), term_of(other, None)

    assert is_word(first)
    assert not is_word(pair_of(first, second))
    assert not any(map(is_word, letters_of(word)))


def test_letters_are_trigrams_between_marks_without_accents() -> None:
    assert letters_of("Café") == letters_of("cafe")
    assert len(letters_of("cafe")) == 4
    assert len(letters_of("")) == 1


def test_a_single_word_at_mean_length_weighs_one() -> None:
    weights = term_weights(ChunkTerms(NOTHING, words_alone(1, 2, 3, 4), NOTHING), MEANS)

    assert weights == {1: pytest.approx(1), 2: pytest.approx(1), 3: pytest.approx(1), 4: pytest.approx(1)}


def test_a_word_weighs_more_in_a_heading_and_less_in_a_long_text() -> None:
    in_heading = term_weights(ChunkTerms(words_alone(1, 2), NOTHING, NOTHING), MEANS)[1]
    in_short = term_weights(ChunkTerms(NOTHING, words_alone(1), NOTHING), MEANS)[1]
    in_long = term_weights(ChunkTerms(NOTHING, words_alone(*range(1, 30)), NOTHING), MEANS)[1]

    assert in_heading == pytest.approx(HEADING_WEIGHT)
    assert in_heading > in_short > in_long


def test_a_word_of_a_phrasing_weighs_more_than_one_of_a_heading() -> None:
    in_heading = term_weights(ChunkTerms(words_alone(1), NOTHING, NOTHING), MEANS)[1]
    in_phrasing = term_weights(ChunkTerms(NOTHING, NOTHING, words_alone(1)), MEANS)[1]

    assert in_phrasing > in_heading


@given(counted_chunks, counted_chunks)
def test_a_corpus_forgets_exactly_what_it_counted(kept: list[Counted], gone: list[Counted]) -> None:
    corpus, alone = Corpus(), Corpus()
    for counted in kept:
        alone.add(*counted)
    for counted in kept + gone:
        corpus.add(*counted)
    for counted in gone:
        corpus.remove(*counted)

    assert corpus == alone
    assert corpus.means == alone.means


def test_mean_lengths_are_true_means_and_at_least_one() -> None:
    corpus = Corpus()
    assert corpus.means == MeanLengths(1, 1, 1)
    corpus.add([1], Lengths(4, 10, 20), "en")
    corpus.add([1], Lengths(2, 30, 40), "en")

    assert corpus.means == MeanLengths(3, 20, 30)
    assert corpus.means.drift(MeanLengths(3, 25, 30)) == pytest.approx(0.2)
    assert corpus.means.drift(MeanLengths(3, 20, 40)) == pytest.approx(0.25)


def test_rarer_words_weigh_more_and_unknown_ones_most() -> None:
    corpus = Corpus()
    for _ in range(8):
        corpus.add([1], LENGTHS, "en")
    corpus.add([1, 2], LENGTHS, "en")

    assert 0 < corpus.rarity([1]) < corpus.rarity([2]) < corpus.rarity([3])
    assert corpus.rarity([1, 2]) == corpus.rarity([1])  # no word is in more chunks than there are


def test_a_question_is_weighed_by_rarity_and_known_stop_words_by_half_of_it() -> None:
    corpus = Corpus()
    corpus.add([term("kettle"), term("how")], LENGTHS, "en")

    query = weigh_query("How is the kettle kettle unplugged", corpus)

    known, unknown = corpus.rarity([term("kettle")]), corpus.rarity([0])
    assert words_of(query.weights) == {
        term("how"): pytest.approx(known * STOP_WORD_WEIGHT),
        term("kettle"): pytest.approx(known),
        term("unplugged"): pytest.approx(unknown),
    }
    assert query.mass == pytest.approx(sum(words_of(query.weights).values()))
    assert query.known == {term("how"), term("kettle")}
    assert query.unknown == (frozenset(letters_of("unplugged")),)


def test_neighbouring_words_of_a_question_weigh_as_much_as_both_on_average() -> None:
    corpus = Corpus()
    for _ in range(3):
        corpus.add([term("gift")], LENGTHS, "en")

    weights = weigh_query("gift card", corpus).weights

    mean = (corpus.rarity([term("gift")]) + corpus.rarity([term("card")])) / 2
    assert weights[pair_of(term("gift"), term("card"))] == pytest.approx(mean)


def test_words_that_the_articles_write_as_one_are_looked_up_as_one() -> None:
    corpus = Corpus()
    corpus.add([term("password")], LENGTHS, "en")

    weights = weigh_query("pass word", corpus).weights

    assert weights[term("password")] == pytest.approx(JOINED_WEIGHT * corpus.rarity([term("password")]))


def test_the_letters_of_a_word_weigh_less_each_the_longer_it_is() -> None:
    corpus = Corpus()
    weights = weigh_query("refund", corpus).weights

    assert weights[letters_of("refund")[0]] == pytest.approx(corpus.rarity([0]) / 6**0.5)


def test_a_stop_word_that_no_chunk_has_weighs_nothing_with_its_neighbour() -> None:
    corpus = Corpus()
    corpus.add([term("glass")], LENGTHS, "en")

    assert weigh_query("the of", corpus).weights == {}


def test_a_passage_is_met_by_a_word_or_by_a_heading_that_looks_like_one() -> None:
    corpus = Corpus()
    corpus.add([term("glass")], LENGTHS, "en")
    query = weigh_query("glass strikthrough", corpus)

    assert query.is_met_by([term("glass")])
    assert query.is_met_by(letters_of("strikethrough"))
    assert not query.is_met_by(letters_of("rough"))
    assert not query.is_met_by([term("steel")])


def test_a_word_is_stemmed_in_each_language_of_the_corpus_but_its_mass_counts_once() -> None:
    corpus = Corpus()
    corpus.add([term_of("häuser", "de")], LENGTHS, "de")
    corpus.add([term_of("houses", "en")], LENGTHS, "en")

    query = weigh_query("häuser", corpus)

    assert term_of("häuser", "de") in query.weights
    assert len(words_of(query.weights)) == 2
    assert query.mass == pytest.approx(max(words_of(query.weights).values()))


def test_a_corpus_without_a_language_is_matched_by_folded_words() -> None:
    assert set(words_of(weigh_query("Café", Corpus()).weights)) == {term_of("cafe", None)}


def test_a_story_is_cut_after_its_first_words() -> None:
    query = weigh_query(" ".join(f"word{n}" for n in range(200)), Corpus())

    assert len(words_of(query.weights)) == MAX_QUERY_WORDS


@pytest.mark.parametrize(
    ("lexical", "mass", "confidence"),
    [(2, 2, 0.475), (6, 2, 0.961), (1, 2, 0.100), (0, 2, 0), (1, 0, 0), (-1, 1, 0)],
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
