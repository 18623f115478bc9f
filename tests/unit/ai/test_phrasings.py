from services.ai.domain.documents import Chunk, Document, Phrasing
from services.ai.domain.phrasings import (
    MAX_PHRASING_CHARACTERS,
    MAX_PHRASINGS,
    placed,
    with_phrasing,
    without_phrasing,
)

LIDS = Document("lids", "acme", "shop", "Lids", "Lids are made of glass.")


def questions(document: Document) -> list[str]:
    return [phrasing.question for phrasing in document.phrasings]


def test_a_phrasing_is_kept_on_one_line_and_not_too_long() -> None:
    learnt = with_phrasing(LIDS, Phrasing("what  are\nlids made of " + "x" * 1_000, "glass"))

    assert questions(learnt)[0].startswith("what are lids made of x")
    assert len(questions(learnt)[0]) == MAX_PHRASING_CHARACTERS
    assert learnt.phrasings[0].quote == "glass"


def test_the_same_question_again_takes_the_place_of_the_one_before() -> None:
    learnt = with_phrasing(with_phrasing(LIDS, Phrasing("Lids?", "a")), Phrasing("other"))

    assert with_phrasing(learnt, Phrasing("LÍDS?", "b")).phrasings == (
        Phrasing("other"),
        Phrasing("LÍDS?", "b"),
    )


def test_the_oldest_phrasings_are_forgotten_first() -> None:
    learnt = LIDS
    for number in range(MAX_PHRASINGS + 2):
        learnt = with_phrasing(learnt, Phrasing(f"question {number}"))

    assert len(learnt.phrasings) == MAX_PHRASINGS
    assert questions(learnt)[0] == "question 2"


def test_a_phrasing_can_be_taken_back() -> None:
    learnt = with_phrasing(with_phrasing(LIDS, Phrasing("one")), Phrasing("two"))

    assert questions(without_phrasing(learnt, "ONE")) == ["two"]
    assert without_phrasing(learnt, "three") == learnt


def test_a_phrasing_belongs_to_the_chunk_that_holds_its_quote_or_to_the_first() -> None:
    chunks = [Chunk(f"d#{n}", "d", n, "t", text) for n, text in enumerate(["steel", "glass", "wood"])]

    found = placed(
        chunks, [Phrasing("a", "glass"), Phrasing("b", "gone"), Phrasing("c"), Phrasing("d", "glass")]
    )

    assert [chunk.phrasings for chunk in found] == [("b", "c"), ("a", "d"), ()]
    assert placed([], [Phrasing("a")]) == []
