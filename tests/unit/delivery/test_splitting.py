import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.domain.graphemes import may_cut
from services.delivery.domain.splitting import split, utf16_length

FAMILY = "👩‍👩‍👧"
FLAG = "🇩🇪"


def test_a_text_that_fits_is_one_part():
    assert split("a" * 4096, 4096) == ["a" * 4096]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_blank_text_has_no_part(text: str):
    assert split(text, 10) == []


def test_a_cut_at_a_paragraph_is_preferred_to_one_at_a_line_or_space():
    assert split("aaaa bbb\n\ncc\ndd ee", 14) == ["aaaa bbb", "cc\ndd ee"]


def test_a_cut_at_a_line_is_preferred_to_one_at_a_space():
    assert split("aaaaa\nbb cc", 8) == ["aaaaa", "bb cc"]


def test_a_break_in_the_first_half_does_not_waste_the_part():
    assert split("a\n\nbbbbbb cccc", 10) == ["a\n\nbbbbbb", "cccc"]


def test_a_break_right_behind_the_limit_is_used():
    assert split("aaaaaaaa bb", 8) == ["aaaaaaaa", "bb"]


def test_an_early_break_is_better_than_none():
    assert split("a bbbbbbbbbbbb", 10) == ["a", "bbbbbbbbbb", "bb"]


def test_length_is_counted_in_utf16_code_units():
    assert utf16_length("a😀") == 3
    assert split("😀" * 5, 4) == ["😀😀", "😀😀", "😀"]
    assert split("😀😀", 3) == ["😀", "😀"]


@pytest.mark.parametrize(
    "whole",
    [
        FAMILY,
        FLAG,
        "👍🏽",
        "e\u0301",
        "각",
        "가\u11a8",
        "\u1100\u1161\u11a8\u11a8",
        "☎\ufe0f",
        "\r\n",
        "🏴\U000e0067\U000e007f",
    ],
    ids=ascii,
)
def test_a_visible_character_is_never_taken_apart(whole: str):
    text = "x" + whole + "x"
    inside = range(2, 1 + len(whole))
    assert not any(may_cut(text, at) for at in inside)
    assert may_cut(text, 1)
    assert may_cut(text, 1 + len(whole))


def test_two_flags_may_be_cut_between():
    assert may_cut(FLAG + FLAG, 2)
    assert not may_cut(FLAG + FLAG, 3)


def test_syllables_and_ends_may_be_cut():
    assert may_cut("가가", 1)
    assert may_cut("각ᄀ", 1)
    assert may_cut("abc", 0)
    assert may_cut("abc", 3)


def test_emoji_go_to_the_next_part_whole():
    assert split("abcdef" + FAMILY, 10) == ["abcdef", FAMILY]


def test_a_character_longer_than_a_part_is_cut_all_the_same():
    text = "a" + "\u0301" * 9
    assert split(text, 4) == ["a" + "\u0301" * 3, "\u0301" * 4, "\u0301" * 2]


@given(st.text(max_size=200), st.integers(min_value=2, max_value=20))
def test_parts_fit_and_nothing_but_white_space_is_lost(text: str, limit: int):
    parts = split(text, limit)
    assert all(0 < utf16_length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
