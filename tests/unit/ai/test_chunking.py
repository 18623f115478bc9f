import re

from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.chunking import MAX_CHUNK_CHARACTERS, chunk_markdown
from services.ai.domain.markdown_blocks import read_blocks

ARTICLE = """# Delivery

We send parcels every working day.

## Costs

Standard delivery costs 4.90 euros.

- Express: 11.90 euros
- Saturday: 3 euros more

### Abroad

Ask us.

## Times

Two days.
"""

markdown_lines = st.lists(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(
            ["", "# One", "## Two", "- item", "1. first", "| a | b |", "|---|---|", "```", "> quote", "---"]
        ),
    ),
    max_size=40,
)


def test_each_section_is_a_chunk_that_knows_the_headings_above_it() -> None:
    chunks = chunk_markdown("delivery", "Delivery", ARTICLE)

    assert [(chunk.headings, chunk.text) for chunk in chunks] == [
        ((), "We send parcels every working day."),
        (
            ("Costs",),
            "Standard delivery costs 4.90 euros.\n\n- Express: 11.90 euros\n- Saturday: 3 euros more",
        ),
        (("Costs", "Abroad"), "Ask us."),
        (("Times",), "Two days."),
    ]


def test_chunks_carry_title_document_and_their_place() -> None:
    chunks = chunk_markdown("delivery", "Delivery", ARTICLE)

    assert [chunk.id for chunk in chunks] == ["delivery#0", "delivery#1", "delivery#2", "delivery#3"]
    assert {(chunk.title, chunk.document_id) for chunk in chunks} == {("Delivery", "delivery")}
    assert [chunk.ordinal for chunk in chunks] == [0, 1, 2, 3]


def test_a_list_follows_its_introduction_without_an_empty_line() -> None:
    (chunk,) = chunk_markdown("d", "T", "You need:\n\n- water\n- acid\n\nThat is all.")

    assert chunk.text == "You need:\n- water\n- acid\n\nThat is all."


def test_a_long_section_is_cut_between_paragraphs() -> None:
    text = "First paragraph, forty characters long!!\n\nSecond paragraph, forty characters long!"

    assert [chunk.text for chunk in chunk_markdown("d", "T", text, 60)] == text.split("\n\n")


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = "One sentence here. Another sentence here. And a third one here."

    assert [chunk.text for chunk in chunk_markdown("d", "T", text, 45)] == [
        "One sentence here. Another sentence here.",
        "And a third one here.",
    ]


def test_a_long_sentence_is_cut_between_words_and_a_long_word_within() -> None:
    words = chunk_markdown("d", "T", "several words without any end", 12)
    word = chunk_markdown("d", "T", "x" * 25, 10)

    assert [chunk.text for chunk in words] == ["several", "words", "without any", "end"]
    assert [chunk.text for chunk in word] == ["x" * 10, "x" * 10, "x" * 5]


def test_headings_without_text_leave_no_chunk() -> None:
    assert chunk_markdown("d", "T", "# Only\n\n## Headings\n") == []


@given(markdown_lines, st.integers(min_value=20, max_value=MAX_CHUNK_CHARACTERS))
def test_no_chunk_is_too_long_and_no_text_is_lost(lines: list[str], limit: int) -> None:
    markdown = "\n".join(lines)

    chunks = chunk_markdown("d", "A title", markdown, limit)

    assert all(0 < len(chunk.text) <= limit for chunk in chunks)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    wanted = "".join(block.text for block in read_blocks(markdown) if block.kind != "heading")
    assert _letters("".join(chunk.text for chunk in chunks)) == _letters(wanted)


@given(st.text(max_size=400))
def test_any_text_can_be_cut(text: str) -> None:
    chunk_markdown("d", "T", text, 50)


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text)
