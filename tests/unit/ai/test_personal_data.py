"""Personal data that no model sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.domain.personal_data import Placeholders


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Mail ann.li+x@shop.example.", "Mail [EMAIL_1]."),
        ("Card 4111 1111 1111 1111, please", "Card [CARD_1], please"),
        ("Card 4111 1111 1111 1112 is no card", "Card 4111 1111 1111 1112 is no card"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [IBAN_1]"),
        ("IBAN DE88 3704 0044 0532 0130 00 is none", "IBAN DE88 3704 0044 0532 0130 00 is none"),
        ("Call +49 30 901820 or 020 7946 0958", "Call [PHONE_1] or [PHONE_2]"),
        ("Call (212) 555-2368 now", "Call [PHONE_1] now"),
        ("Order 1234567 of 12.03.2026", "Order 1234567 of 12.03.2026"),
        ("It costs 4.90", "It costs 4.90"),
    ],
)
def test_what_is_personal_becomes_a_placeholder(text: str, hidden: str) -> None:
    places = Placeholders()
    assert places.hide(text) == hidden
    assert places.show(hidden) == text


def test_known_names_are_hidden_whole_however_written_and_in_part_as_written() -> None:
    places = Placeholders(["Will van Dyke", "", "Bo"])
    hidden = places.hide("will van dyke here. I will wait, says Will. Dyke? Bo!")
    assert hidden == "[NAME_1] here. I will wait, says [NAME_2]. [NAME_3]? Bo!"
    assert places.show(hidden) == "will van dyke here. I will wait, says Will. Dyke? Bo!"


def test_the_same_value_has_the_same_placeholder_through_a_whole_prompt() -> None:
    places = Placeholders()
    data = {"turns": [{"text": "a@b.de"}, {"text": "c@d.de and a@b.de"}], "count": 2}
    assert places.hide_in(data) == {
        "turns": [{"text": "[EMAIL_1]"}, {"text": "[EMAIL_2] and [EMAIL_1]"}],
        "count": 2,
    }


def test_a_placeholder_that_nobody_made_stays() -> None:
    assert Placeholders().show("[EMAIL_7]") == "[EMAIL_7]"


@given(st.text(alphabet="ab@.de 0123456789+-()[]", max_size=80))
def test_what_was_hidden_comes_back(text: str) -> None:
    places = Placeholders(["Ann Lee"])
    assert places.show(places.hide(text)) == text
