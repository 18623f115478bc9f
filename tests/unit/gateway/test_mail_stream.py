"""A mail's files are taken out of its JSON as it arrives, wherever the network cuts it."""

import base64
import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.errors import DomainError
from services.gateway.domain import mail_stream
from services.gateway.domain.base64_stream import Base64Stream
from services.gateway.domain.mail_stream import Begun, Ended, MailStream, Piece


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test's mail reaches."""
    monkeypatch.setattr(mail_stream, "_TAKEN_OUT", 20)
    monkeypatch.setattr(mail_stream, "_LONGEST", 200)
    monkeypatch.setattr(mail_stream, "_MOST_LEFT", 5_000)


def run(body: bytes, cuts: int = 7) -> tuple[Any, dict[str, bytes | None]]:
    """The rest as it parses, and each file's bytes by its mark; None for what is no base64."""
    numbers = count(1)
    stream, files, current = MailStream(lambda: f"mark-{next(numbers)}"), {}, ""
    for at in range(0, len(body), cuts):
        for step in stream.feed(body[at : at + cuts]):
            match step:
                case Begun(mark=current):
                    files[current] = b""
                case Piece(content=content):
                    files[current] += content
                case Ended(broken=broken):
                    files[current] = None if broken else files[current]
    return json.loads(stream.rest()), files


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@given(
    mail=st.dictionaries(st.text(max_size=12), JSON, max_size=4),
    contents=st.lists(st.binary(max_size=90), max_size=4),
    cuts=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_what_is_taken_out_and_what_is_left_make_the_whole(
    mail: dict[str, Any], contents: list[bytes], cuts: int, ascii_only: bool
) -> None:
    listed = [
        {"Name": 'a "b" \\', "Content": encoded(one), "Headers": [{"Content": "x" * 30}]} for one in contents
    ]
    whole = {**mail, "Attachments": listed}
    body = json.dumps(whole, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    rest, files = run(body, cuts)
    for item in rest["Attachments"]:
        if item["Content"] in files:
            item["Content"] = encoded(files[item["Content"]] or b"")
    assert rest == whole
    assert len(files) == sum(len(encoded(one)) > 20 for one in contents)


@pytest.mark.parametrize("cuts", [1, 2, 3, 5, 1_000])
def test_escapes_and_line_breaks_in_a_file_are_none_of_it(cuts: int) -> None:
    content = bytes(range(256))
    text = encoded(content)
    lines = (text[at : at + 16] for at in range(0, len(text), 16))
    text = "\\r\\n".join(lines).replace("+", "\\u002B").replace("/", "\\/")
    body = b'{"Attachments":[{"Data":"' + text.encode() + b'"}]}'
    assert run(body, cuts) == ({"Attachments": [{"Data": "mark-1"}]}, {"mark-1": content})


@pytest.mark.parametrize(
    "body",
    [
        {"Content": "x" * 50},
        {"Attachments": {"Content": "x" * 50}},
        {"Attachments": [["x" * 50]]},
        {"Attachments": [{"Content": {"Content": "x" * 50}}]},
        {"Attachments": [{"Content": ["x" * 50]}]},
        {"Other": [{"Content": "x" * 50}]},
        {"a": {"Attachments": [{"Content": "x" * 50}]}},
        [{"Content": "x" * 50}],
        {"Attachments": [{"x" * 50: "Content"}]},
        {"Attachments": [{"Name": "x" * 50}], "b": {}},
    ],
)
def test_nothing_else_is_a_file(body: Any) -> None:
    assert run(json.dumps(body).encode()) == (body, {})


def test_a_key_may_be_written_with_escapes() -> None:
    body = b'{"\\u0041ttachments":[{"Conten\\u0074":"' + b"A" * 40 + b'"}]}'
    assert run(body)[1] == {"mark-1": bytes(30)}


def test_a_long_text_keeps_its_beginning() -> None:
    for text in ("ä" * 300, "\U0001f600" * 300, '"\\' * 300, "plain" * 100):
        for ascii_only in (True, False):
            rest, _ = run(json.dumps({"TextBody": text}, ensure_ascii=ascii_only).encode())
            kept = rest["TextBody"].removesuffix("\ud83d")  # half of a character is left to the reader
            assert text.startswith(kept)
            assert len(kept) >= 15
    assert run(b'{"TextBody":"' + b"\n" * 300 + b'"}')[0] == {"TextBody": ""}


def test_what_is_left_has_a_bound() -> None:
    with pytest.raises(DomainError, match="without its files"):
        run(json.dumps({str(number): "x" * 90 for number in range(90)}).encode())


@pytest.mark.parametrize(
    "body", [b'{"a": "b', b'{"Attachments":[{"Content":"' + b"A" * 50, b'{"a": "\\', b"}]}{"]
)
def test_half_a_body_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        run(body)


def test_a_strange_key_is_none() -> None:
    with pytest.raises(ValueError, match=r".+"):
        run(b'{"Attach\nments": 1}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("QUI=", b"AB"),
        ("QQ==", b"A"),
        ("QUJD", b"ABC"),
        ("QQ==QUJD", b"A"),
        ("Q U\tJ\x80D", b"ABC"),
        ("QU\\u00e9JD", b"ABC"),
        ("QUJ", None),
        ("Q", None),
        ("Q=", None),
    ],
)
def test_base64_is_read_as_python_reads_it(text: str, expected: bytes | None) -> None:
    stream, decoded = Base64Stream(), b""
    for sign in text.encode("latin-1"):
        decoded += stream.feed(bytes([sign]))
    assert (None if stream.broken else decoded) == expected
