"""What is taken out of stored messages, and how they are found."""

import pytest

from libs.contracts.erasure import names_any, without_person

SAID = {
    "actor": {"kind": "contact", "id": "c1", "name": "Mira"},
    "conversation": {
        "id": "x-12ab",
        "chatbot_name": "Bot",
        "contact": {"id": "c1", "name": "Mira"},
        "session_id": "tg:77",
    },
    "message": {
        "content": "call +49 30",
        "attachments": [{"reference": "secret"}],
        "sender": {"kind": "agent", "id": "ana", "name": "Ana"},
        "sequence": 3,
        "delivery": None,
    },
    "reason": "asked_for_human",
}


def test_words_names_and_addresses_go_and_the_form_stays() -> None:
    assert without_person(SAID) == {
        "actor": {"kind": "contact", "id": "c1", "name": ""},
        "conversation": {
            "id": "x-12ab",
            "chatbot_name": "Bot",
            "contact": {"id": "c1", "name": ""},
            "session_id": "erased",
        },
        "message": {
            "content": "erased",
            "attachments": [],
            "sender": {"kind": "agent", "id": "ana", "name": "Ana"},
            "sequence": 3,
            "delivery": None,
        },
        "reason": "asked_for_human",
    }
    assert without_person([{"reason": "Mira was rude"}]) == [{"reason": "erased"}]


@pytest.mark.parametrize(
    ("ids", "found"), [({"77"}, True), ({"x-12ab"}, True), ({"7"}, False), (frozenset({"Bot"}), True)]
)
def test_an_id_is_found_wherever_it_stands(ids: set[str], *, found: bool) -> None:
    assert names_any({"a": [{"b": 77}, {"c": "x-12ab"}], "d": "Bot", "e": None}, ids) is found
