"""What is sealed opens with the same key in the same context, and in no other."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.errors import PermanentError
from libs.runtime.crypto import SealedBox, decode_key

BOX = SealedBox(bytes(range(32)))


@given(st.binary(max_size=500), st.text(max_size=30))
def test_what_is_sealed_opens_again(plain: bytes, context: str):
    sealed = BOX.seal(plain, context=context)
    assert BOX.open(sealed, context=context) == plain
    assert sealed != BOX.seal(plain, context=context)


@given(st.text(max_size=10), st.text(max_size=10))
def test_it_opens_in_its_own_context_alone(one: str, other: str):
    if one == other:
        return
    with pytest.raises(PermanentError):
        BOX.open(BOX.seal(b"secret", context=one), context=other)


def test_another_key_does_not_open_it():
    with pytest.raises(PermanentError):
        SealedBox(bytes(32)).open(BOX.seal(b"secret", context="c"), context="c")


def test_an_older_key_opens_what_it_sealed_and_seals_nothing():
    newer = SealedBox(bytes(32), older=[bytes(range(32))])
    sealed = BOX.seal(b"secret", context="c")
    assert newer.open(sealed, context="c") == b"secret"
    assert not newer.is_current(sealed)
    again = newer.seal(b"secret", context="c")
    assert newer.is_current(again)
    with pytest.raises(PermanentError):
        BOX.open(again, context="c")


@given(st.text(max_size=60))
def test_whatever_comes_instead_is_a_permanent_error(text: str):
    for sealed in (text, f"{BOX.key_id}.{text}"):
        with pytest.raises(PermanentError) as caught:
            BOX.open(sealed, context="c")
        assert caught.value.code == "unreadable"


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int):
    key_id, _, body = BOX.seal(b"a secret of some length, longer than a block", context="c").partition(".")
    raw = bytearray(base64.b64decode(body))
    raw[place % len(raw)] ^= change
    with pytest.raises(PermanentError):
        BOX.open(f"{key_id}.{base64.b64encode(raw).decode()}", context="c")


def test_the_plain_text_does_not_show():
    assert b"secret" not in base64.b64decode(BOX.seal(b"secret", context="c").partition(".")[2])


@pytest.mark.parametrize("text", ["", "short", "!" * 44, base64.b64encode(bytes(31)).decode()])
def test_a_key_of_another_form_is_refused(text: str):
    with pytest.raises(ValueError, match="the key"):
        decode_key(text)
