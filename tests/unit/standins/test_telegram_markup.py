"""parse_mode: what parses to which entities, and what is refused in which words."""

import pytest

from libs.standins.telegram.entities import MarkupError
from libs.standins.telegram.markup_html import parse_html
from libs.standins.telegram.markup_markdown import parse_markdown, parse_markdown_v2


def entity(kind: str, offset: int, length: int, **more: object) -> dict[str, object]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("marked", "text", "entities"),
    [
        ("plain &lt;b&gt; &amp; &#233;", "plain <b> & é", []),
        ("&copy; stays, as does a lone &", "&copy; stays, as does a lone &", []),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        (
            "\N{TEACUP WITHOUT HANDLE}<u>\N{TEACUP WITHOUT HANDLE}</u>",
            "\N{TEACUP WITHOUT HANDLE}\N{TEACUP WITHOUT HANDLE}",
            [entity("underline", 2, 2)],
        ),
        (
            '<a href="https://x.y/?a=1&amp;b=2">x</a>',
            "x",
            [entity("text_link", 0, 1, url="https://x.y/?a=1&b=2")],
        ),
        ('<a href="tg://user?id=7">x</a>', "x", [entity("text_mention", 0, 1, user={"id": 7})]),
        ("<a>x.example</a>", "x.example", [entity("text_link", 0, 9, url="http://x.example")]),
        ("<a href='not an address'>x</a>", "x", []),
        ('<span class="tg-spoiler">x</span>', "x", [entity("spoiler", 0, 1)]),
        ("<pre>x</pre><code>y</code>", "xy", [entity("pre", 0, 1), entity("code", 1, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [entity("pre", 0, 1, language="py")]),
        ("<blockquote expandable>x</blockquote>", "x", [entity("expandable_blockquote", 0, 1)]),
        ('<tg-emoji emoji-id="53">x</tg-emoji>', "x", [entity("custom_emoji", 0, 1, custom_emoji_id="53")]),
        ("<b></b>x", "x", []),
    ],
)
def test_html_parses(marked: str, text: str, entities: list[object]) -> None:
    assert parse_html(marked) == (text, entities)


@pytest.mark.parametrize(
    ("marked", "error"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<i>x</b>", 'Unmatched end tag at byte offset 6, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("1 <2", "Unclosed start tag at byte offset 2"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
        ('<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x/y>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<a href="x>x</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)
def test_broken_html_is_refused(marked: str, error: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parse_html(marked)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    ("marked", "text", "entities"),
    [
        (r"1\.5 \= x\!", "1.5 = x!", []),
        ("*a _b_*", "a b", [entity("bold", 0, 3), entity("italic", 2, 1)]),
        (
            "__u__ ~s~ ||p||",
            "u s p",
            [entity("underline", 0, 1), entity("strikethrough", 2, 1), entity("spoiler", 4, 1)],
        ),
        ("[x](https://x.y/\\))", "x", [entity("text_link", 0, 1, url="https://x.y/)")]),
        ("![x](tg://emoji?id=53)", "x", [entity("custom_emoji", 0, 1, custom_emoji_id="53")]),
        ("`a.b` ```py\nx=1```", "a.b x=1", [entity("code", 0, 3), entity("pre", 4, 3, language="py")]),
        (">a\n>b\nc", "a\nb\nc", [entity("blockquote", 0, 3)]),
        ("**>a\n>b||", "a\nb", [entity("expandable_blockquote", 0, 3)]),
        ("x\n>a", "x\na", [entity("blockquote", 2, 1)]),
    ],
)
def test_markdown_v2_parses(marked: str, text: str, entities: list[object]) -> None:
    assert parse_markdown_v2(marked) == (text, entities)


@pytest.mark.parametrize("character", list("]()>#+-=|{}.!"))
def test_a_reserved_character_without_escape_is_refused(character: str) -> None:
    with pytest.raises(MarkupError, match="is reserved and must be escaped with the preceding"):
        parse_markdown_v2(f"a{character}b")


@pytest.mark.parametrize(
    ("marked", "error"),
    [
        ("é *x", "Can't find end of Bold entity at byte offset 3"),
        ("_x", "Can't find end of Italic entity at byte offset 0"),
        ("[x](https://x.y", "Can't find end of a URL at byte offset 4"),
        ("![x](tg://emoji?id=5", "Can't find end of a custom emoji URL at byte offset 5"),
        ("![x](https://x.y)", "Custom emoji entity must contain a tg://emoji URL"),
        (">*x\ny", "Can't find end of Bold entity at byte offset 1"),
        ("```x", "Can't find end of Pre entity at byte offset 0"),
    ],
)
def test_broken_markdown_v2_is_refused(marked: str, error: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parse_markdown_v2(marked)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    ("marked", "text", "entities"),
    [
        ("*a* _b_ `c`", "a b c", [entity("bold", 0, 1), entity("italic", 2, 1), entity("code", 4, 1)]),
        (
            "```x``` [y](https://x.y)",
            "x y",
            [entity("pre", 0, 1), entity("text_link", 2, 1, url="https://x.y")],
        ),
        (r"1\_2 1.5!", "1_2 1.5!", []),
    ],
)
def test_legacy_markdown_parses(marked: str, text: str, entities: list[object]) -> None:
    assert parse_markdown(marked) == (text, entities)


def test_broken_legacy_markdown_is_refused() -> None:
    with pytest.raises(MarkupError, match="Can't find end of the entity starting at byte offset 2"):
        parse_markdown("a *b")
