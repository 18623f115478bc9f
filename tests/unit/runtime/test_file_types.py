"""A file is what its bytes say."""

import pytest

from libs.runtime.clean_html import clean_html
from libs.runtime.file_types import HEAD, content_type_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"OggS" + b"\0" * 40, "audio/ogg"),
        (b"PK\x03\x04" + b"\0" * 40, "application/zip"),
        (b"MZ" + b"\0" * 60, "application/x-msdownload"),
        (b"\x7fELF" + b"\0" * 60, "application/x-executable"),
        (b"\xcf\xfa\xed\xfe" + b"\0" * 60, "application/x-executable"),
        (b"#!/bin/sh\nrm -rf /", "text/x-shellscript"),
        (b"just words", "text/plain"),
        ("wörds".encode("utf-16"), "text/plain"),
        ("<svg onload=alert(1)>".encode("utf-16"), "image/svg+xml"),
        (b"", "text/plain"),
        (b"\x01\x02\x03", "application/octet-stream"),
        (b"\xe4\xf6 latin", "application/octet-stream"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"\xef\xbb\xbf \n<!doctype html>", "text/html"),
        (b"<img src=x onerror=alert(1)>", "text/html"),
        (b'<?xml version="1.0"?><svg/>', "image/svg+xml"),
        (b'<?xml version="1.0"?><html/>', "text/html"),
        (b'<?xml version="1.0"?><a/>', "application/xml"),
        (b"<!-- x --><svg onload=alert(1)>", "image/svg+xml"),
    ],
)
def test_the_first_bytes_decide(head: bytes, expected: str):
    assert content_type_of(head, filename="holiday.jpg.csv.png", claimed="image/jpeg") == expected


@pytest.mark.parametrize(
    ("filename", "claimed", "expected"),
    [
        ("orders.CSV", None, "text/csv"),
        ("notes.md", "text/plain", "text/markdown"),
        (None, "text/csv; charset=utf-8", "text/csv"),
        ("page.html", "text/html", "text/plain"),
        ("csv", "application/x-evil", "text/csv"),
    ],
)
def test_names_and_claims_tell_only_plain_texts_apart(
    filename: str | None, claimed: str | None, expected: str
):
    assert content_type_of(b"a,b\n1,2\n", filename=filename, claimed=claimed) == expected


def test_a_character_cut_by_the_end_of_the_head_is_still_text():
    long = ("a" + "ä" * HEAD).encode()
    assert content_type_of(long) == "text/plain"
    assert content_type_of(b"a" * 10 + b"\xc3") == "application/octet-stream"


def test_harmful_html_is_made_harmless():
    dirty = (
        "<p onclick=alert(1)>Hi <b>Mira</b><script>alert(1)</script><!-- x -->"
        "<img src=https://evil.test/pixel><a href=javascript:alert(1)>a</a>"
        "<a href=https://kettle.test target=_top>b</a><style>p{}</style><iframe src=x></iframe></p>"
    )
    assert clean_html(dirty) == (
        '<p>Hi <b>Mira</b><a rel="noopener noreferrer nofollow">a</a>'
        '<a href="https://kettle.test" rel="noopener noreferrer nofollow">b</a></p>'
    )
