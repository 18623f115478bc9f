"""Files of every format into Markdown."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter

from services.ai.adapters.bounded_reader import BoundedReader
from services.ai.domain.chunking import chunk_markdown
from services.ai.domain.files import (
    MAX_ROWS,
    FileFormat,
    InvalidDocument,
    decode,
    escaped,
    read_questions,
    read_text,
)
from services.ai.domain.markdown_blocks import Block, read_blocks

PAGE = """<!doctype html><html><head><title>Kettle
 help</title><style>p { color: red }</style><script>steal()</script></head><body>
<nav>Home | Shop</nav><h1>Lids</h1><p>Lids are made of <b>glass</b> &amp; <a href="https://k.example/l">steel</a>.
Not *cheap*.</p><ul><li>1. clean</li><li>- dry <p>well</p></li></ul>
<table><tr><th>Size</th><th>Price</th></tr><tr><td>Big</td><td>4 | 5</td></tr></table>
<form><button>Buy</button></form><h2>Care<br>of them</h2><div>Loose text<div>deeper</div></div>
<!-- internal note --></body></html>"""


def pdf(text: str = "Lids are made of glass", *, title: str = "", password: str = "") -> bytes:
    """A page with a line of text, by hand: the library writes no text."""
    content = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    font = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources %s >>" % font,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    out, places = BytesIO(b""), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    if not (title or password):
        return out.getvalue()
    writer = PdfWriter(clone_from=BytesIO(out.getvalue()))
    writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


async def read(format: FileFormat, body: bytes, **bounds: float) -> list[Block]:  # noqa: A002 - as the port has it
    return read_blocks((await BoundedReader(**bounds).read(format, body)).markdown)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_decoded(encoding: str) -> None:
    assert decode("Größe".encode(encoding)) == "Größe"


def test_what_is_no_utf_8_is_taken_for_windows() -> None:
    assert decode("Größe".encode("cp1252")) == "Größe"


def test_what_has_zero_bytes_is_no_text() -> None:
    with pytest.raises(InvalidDocument, match="no text"):
        decode(b"GIF89a\x00\x00")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_an_escaped_line_is_a_paragraph_that_reads_as_it_was(text: str) -> None:
    (block,) = read_blocks(escaped(text))

    assert block == Block("paragraph", text)


@pytest.mark.parametrize(
    "text", [">", ">0", "- one", "+ one", "> one", "1. one", "12) one", "# one", "| one |", "a & b <i>"]
)
def test_a_line_that_looks_like_a_mark_is_a_paragraph_once_escaped(text: str) -> None:
    assert read_blocks(escaped(text)) == [Block("paragraph", text)]


def test_plain_text_keeps_paragraphs_and_lists_and_nothing_else_is_a_mark() -> None:
    found = read_text("\nLids\n\n# one *two* <b> [x](y)\n- glass\n- steel")

    assert found.title == "Lids"
    assert read_blocks(found.markdown) == [
        Block("paragraph", "Lids"),
        Block("paragraph", "# one *two* <b> [x](y)"),
        Block("item", "- glass"),
        Block("item", "- steel"),
    ]
    assert read_text("x" * 200).title == ""


@pytest.mark.parametrize(
    "text",
    [
        'id;Answer;Question\n1;"Glass;\nreally.";"What are # lids\nmade of?"\n;;\n2;No.;Do they leak?\n',
        "What are # lids made of?,Glass;\nDo they leak?,No.\n".replace("Glass;", '"Glass;\nreally."'),
    ],
)
def test_questions_become_headings_over_their_answers(text: str) -> None:
    chunks = chunk_markdown("faq", "FAQ", read_questions(text).markdown)

    assert [(chunk.headings, chunk.text) for chunk in chunks] == [
        (("What are # lids made of?",), "Glass; really."),
        (("Do they leak?",), "No."),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("question,answer\nWhy?,\n", "line 2 has no answer"),
        ("question,answer\n,Because.\n", "line 2 has no question"),
        ("one column\nof words\n", "line 1 has no answer"),
        ("a,b\n" * (MAX_ROWS + 1), "at most"),
        ("a," + "x" * 200_000, "cannot be read"),
    ],
)
def test_a_row_that_lacks_something_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        read_questions(text)


def test_a_file_without_rows_has_no_text() -> None:
    assert read_questions("").markdown == ""


async def test_html_becomes_its_headings_paragraphs_lists_and_tables() -> None:
    found = await BoundedReader().read("html", PAGE.encode())

    assert found.title == "Kettle help"
    assert [(block.kind, block.text) for block in read_blocks(found.markdown)] == [
        ("heading", "Lids"),
        ("paragraph", "Lids are made of glass & steel (https://k.example/l). Not *cheap*."),
        ("item", "- 1. clean"),
        ("item", "- - dry"),
        ("paragraph", "well"),
        ("row", "Size | Price"),
        ("row", "Big | 4 / 5"),
        ("heading", "Care of them"),
        ("paragraph", "Loose text"),
        ("paragraph", "deeper"),
    ]


async def test_a_page_nested_without_end_is_refused_and_harms_nobody() -> None:
    with pytest.raises(InvalidDocument):
        await read("html", b"<div>" * 20_000 + b"x")


async def test_an_empty_page_has_no_text() -> None:
    assert await read("html", b"") == []


async def test_a_pdf_gives_its_text_and_title() -> None:
    found = await BoundedReader().read("pdf", pdf(title="About lids"))

    assert found.title == "About lids"
    assert read_blocks(found.markdown) == [Block("paragraph", "Lids are made of glass")]


async def test_a_locked_a_broken_and_a_false_pdf_are_refused() -> None:
    for body, reason in (
        (pdf(password="x"), "locked"),
        (b"%PDF-1.7 and nothing more", "cannot be read"),
        (b"GIF89a", "no PDF"),
    ):
        with pytest.raises(InvalidDocument, match=reason):
            await read("pdf", body)


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(InvalidDocument, match="too long"):
        await read("pdf", pdf(), seconds=0.0)


async def test_markdown_text_and_questions_are_read_in_this_process() -> None:
    assert await read("markdown", b"# Lids") == [Block("heading", "Lids", 1)]
    assert await read("text", b"# Lids") == [Block("paragraph", "# Lids")]
    assert await read("csv", b"Why?,Because.") == [
        Block("heading", "Why?", 2),
        Block("paragraph", "Because."),
    ]
