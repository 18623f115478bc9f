"""Intents learnt from few examples."""

import pytest

from services.ai.domain.intents import learn

EXAMPLES = (
    ("Where is my parcel?", "tracking"),
    ("Track my delivery please", "tracking"),
    ("my parcel has not arrived", "tracking"),
    ("I want my money back", "refund"),
    ("When is the refund paid?", "refund"),
    ("please refund my order, refund it all, refund refund", "refund"),
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("has the parcel arrived yet", "tracking"),
        ("refunds, how do they work", "refund"),
        ("tracking", "tracking"),
    ],
)
def test_a_message_of_like_words_or_parts_of_words_has_the_intent(text: str, intent: str) -> None:
    guess = learn(EXAMPLES).guess(text)
    assert guess.intent == intent
    assert guess.probability > 0.5


def test_what_shares_nothing_with_any_example_has_no_intent() -> None:
    guess = learn(EXAMPLES).guess("123 !!")
    assert (guess.intent, guess.probability) == (None, 0.0)


def test_the_same_examples_make_the_same_model() -> None:
    text = "the parcel and the refund"
    assert learn(EXAMPLES).guess(text) == learn(EXAMPLES).guess(text)


def test_one_intent_alone_is_nothing_to_tell_apart() -> None:
    with pytest.raises(ValueError, match="two intents"):
        learn(EXAMPLES[:3])


def test_an_example_that_its_words_would_put_elsewhere_is_learnt_all_the_same() -> None:
    odd = ("refund paid, money back, but where is it", "tracking")
    more = [(f"the refund of order {number} is paid", "refund") for number in range(4)]
    assert learn((*EXAMPLES, *more, odd)).guess(odd[0]).intent == "tracking"
