import pytest

from libs.contracts.email_threads import conversation_of_token, plus_token
from libs.contracts.mail_threads import ids_of, our_message_id, with_plus

CONVERSATION = "0192f6c0a1b27c3d9e4f5a6b7c8d9e0f-0a07"


def test_our_message_ids_come_back_as_what_they_name():
    made = our_message_id("0192-aa", CONVERSATION, "help@desk.test")
    assert made == f"0192-aa.{CONVERSATION}@desk.test"
    assert ids_of(made) == ids_of(f"<{made}>".upper()) == ("0192-aa", CONVERSATION)


@pytest.mark.parametrize("message_id", ["", "<j2@sample.test>", "<a.b@>", "<a.b@c d>", "no-at"])
def test_other_people_s_message_ids_name_nothing(message_id: str):
    assert ids_of(message_id) is None


def test_the_address_that_answers_go_to_names_the_conversation_and_no_other():
    token = plus_token(CONVERSATION, "conn-1", "hush")
    assert token is not None
    assert with_plus("help@desk.test", token) == f"help+{token}@desk.test"
    assert conversation_of_token(token.upper(), "conn-1", "hush") == CONVERSATION
    assert conversation_of_token(token, "conn-2", "hush") is None
    assert conversation_of_token(token, "conn-1", "other") is None
    assert conversation_of_token(token[:-1], "conn-1", "hush") is None
    assert conversation_of_token(token, "conn-1", "") is None
    assert plus_token("short", "conn-1", "hush") is None
    assert plus_token(CONVERSATION, "conn-1", "") is None
