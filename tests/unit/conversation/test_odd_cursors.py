"""Cursors come back from outside: what was made up is refused, and reaches no store."""

from base64 import urlsafe_b64encode
from json import dumps

import pytest

from libs.contracts.errors import DomainError
from services.conversation.adapters.beginnings import beginning_with
from services.conversation.use_cases.cursor_moment import moment_of
from services.conversation.use_cases.export_contact import place_of
from services.conversation.use_cases.id_cursor import after_of
from services.conversation.use_cases.list_audit import _place
from services.conversation.use_cases.list_conversations import _decode

NOW = "2026-11-28T10:00:00+01:00"
BEFORE_EVERY_YEAR, AFTER_EVERY_YEAR = "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"


def cursor(*parts: object) -> str:
    return urlsafe_b64encode(dumps(parts).encode()).decode()


def test_a_moment_of_a_cursor_is_in_utc() -> None:
    assert moment_of(NOW).isoformat() == "2026-11-28T09:00:00+00:00"


@pytest.mark.parametrize("text", [BEFORE_EVERY_YEAR, AFTER_EVERY_YEAR, "2026-11-28T10:00:00", "now", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(text)
    with pytest.raises(DomainError):
        _decode(cursor("desc", text, "c1"), "desc")
    with pytest.raises(DomainError):
        _place(urlsafe_b64encode(f"{text} e1".encode()).decode())


def test_half_a_surrogate_pair_is_no_id() -> None:
    assert _decode(cursor("desc", NOW, "c1"), "desc").conversation_id == "c1"
    with pytest.raises(DomainError):
        _decode(cursor("desc", NOW, "\ud800"), "desc")
    with pytest.raises(DomainError):
        _decode(cursor("desc", NOW, {"$gt": ""}), "desc")
    with pytest.raises(DomainError):
        _decode(cursor("asc", NOW, "c1"), "desc")
    with pytest.raises(DomainError):
        place_of(cursor("\ud800", None, None))


def test_a_bent_cursor_of_ids_does_not_begin_the_list_anew() -> None:
    assert after_of(urlsafe_b64encode("ä>?".encode()).decode()) == "ä>?"
    for bent in ("é", "YQ", "Y Q==", "YQ==\n"):
        with pytest.raises(DomainError):
            after_of(bent)


def test_what_a_field_begins_with_is_no_pattern() -> None:
    assert beginning_with("a.b\0") == {"$regex": r"^a\.b\x00"}
