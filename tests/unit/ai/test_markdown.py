import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.front_matter import split_front_matter
from services.ai.domain.markdown_blocks import Block, read_blocks
from services.ai.domain.plain_text import plain_line


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        (
            "**bold** and *slanted*, __bold__ and _slanted_, ~~gone~~",
            "bold and slanted, bold and slanted, gone",
        ),
        ("[our shop](https://shop.example/a)", "our shop (https://shop.example/a)"),
        ('[our shop](https://shop.example/a "title")', "our shop (https://shop.example/a)"),
        ("[https://shop.example](https://shop.example)", "https://shop.example"),
        ("[write](mailto:hi@shop.example)", "write (hi@shop.example)"),
        ("[the returns page](/returns)", "the returns page"),
        ("<https://shop.example>", "https://shop.example"),
        ("![a kettle](https://cdn.example/kettle.png)", "a kettle"),
        ("press `Ctrl+C` or ``a`b``", "press Ctrl+C or a`b"),
        ("a <b>word</b><br/> here", "a word here"),
        ("5 &lt; 6 &amp; 7\u00a0euros", "5 < 6 & 7 euros"),
        (r"\*not slanted\*", "*not slanted*"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
    ],
)
def test_marks_are_taken_out_of_a_line(markdown: str, plain: str) -> None:
    assert plain_line(markdown) == plain


def test_blocks_are_told_apart() -> None:
    markdown = """# Title #

A paragraph
on two lines.
***
* one
+ two
  goes on
2) three

| a | **b** |
|---|:-:|
| c | d |
||

> quoted
> again

Setext
======

Lower
---
#
<!-- a note
over two lines -->
```python
# not a heading

  indented
```
~~~
left open"""

    assert read_blocks(markdown) == [
        Block("heading", "Title", 1),
        Block("paragraph", "A paragraph on two lines."),
        Block("item", "- one"),
        Block("item", "- two goes on"),
        Block("item", "2. three"),
        Block("row", "a | b"),
        Block("row", "c | d"),
        Block("paragraph", "quoted again"),
        Block("heading", "Setext", 1),
        Block("heading", "Lower", 2),
        Block("code", "# not a heading\n  indented"),
        Block("code", "left open"),
    ]


def test_an_empty_list_item_leaves_nothing() -> None:
    assert read_blocks("- <br>\n\ntext") == [Block("paragraph", "text")]


def test_a_very_long_line_is_running_text_whatever_it_starts_with() -> None:
    line = "# " + "word " * 300

    assert read_blocks(line)[0].kind == "paragraph"


@pytest.mark.parametrize(
    "evil", ["**a ", "![", "[", ".", "# a  ", "<!--", "<a", "`a", "*a ", "|", "- ", "> ", "#", "<http://"]
)
def test_hostile_markdown_is_read_in_linear_time(evil: str) -> None:
    started = time.process_time()

    read_blocks(evil * (50_000 // len(evil)))

    assert time.process_time() - started < 5  # a pattern that went wrong takes minutes


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for block in read_blocks(text):
        assert block.text.strip()


def test_front_matter_gives_fields_and_the_rest() -> None:
    front = split_front_matter(
        '---\r\nTitle: "Gift cards"\r\nvisibility:   internal\r\n- a list\r\n---\r\n\r\nText'
    )

    assert front.fields == {"title": "Gift cards", "visibility": "internal"}
    assert front.body == "\nText"


@pytest.mark.parametrize("text", ["no front matter", "---\nonly a rule", "text\n---\na: b\n---\n", ""])
def test_a_file_without_front_matter_is_all_body(text: str) -> None:
    front = split_front_matter("\ufeff" + text)

    assert front.fields == {}
    assert front.body == text


def test_single_quotes_and_a_lone_quote_in_values() -> None:
    assert split_front_matter("---\na: 'x'\nb: \"\nc:\n---").fields == {"a": "x", "b": '"', "c": ""}


@given(st.text())
def test_any_text_can_be_split_from_its_front_matter(text: str) -> None:
    assert split_front_matter(text).body in text.replace("\r\n", "\n").replace("\r", "\n")
