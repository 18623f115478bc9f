import pytest

from libs.contracts.mail_threads import (
    conversation_of_token,
    ids_of,
    our_message_id,
    plus_token,
    with_plus,
)

CONVERSATION = "0192f6c0a1b27c3d9e4f5a6b7c8d9e0f-0a07"


def test_a_token_names_its_conversation_to_whoever_has_the_secret():
    token = plus_token(CONVERSATION, "hush")
    assert conversation_of_token(token, "hush") == CONVERSATION
    assert conversation_of_token(token.upper(), "hush") == CONVERSATION
    assert len(with_plus("help@desk.test", token).partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "token",
    [
        "",
        CONVERSATION,
        f"{CONVERSATION}.000000000000",
        plus_token(CONVERSATION, "other"),
        plus_token(CONVERSATION, "hush")[:-1],
        "x" * 1000,
    ],
)
def test_any_other_token_names_none(token: str):
    assert conversation_of_token(token, "hush") is None


def test_our_message_ids_come_back_as_what_they_name():
    made = our_message_id("0192-aa", CONVERSATION, "help@desk.test")
    assert made == f"<0192-aa.{CONVERSATION}@desk.test>"
    assert ids_of(made) == ids_of(made.strip("<>").upper()) == ("0192-aa", CONVERSATION)
    assert with_plus("help@desk.test", "t") == "help+t@desk.test"


@pytest.mark.parametrize("message_id", ["", "<j2@sample.test>", "<a.b@>", "<a.b@c d>", "no-at"])
def test_other_people_s_message_ids_name_nothing(message_id: str):
    assert ids_of(message_id) is None
