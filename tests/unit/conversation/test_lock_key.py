from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Message
from libs.contracts.conversation import PostReply, RegisterAccount
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.starting import StartConversation
from libs.contracts.topology import thread_crc
from libs.contracts.vocabulary import Channel
from services.conversation.entrypoints.subscribers import lock_key
from tests.unit.conversation.making import CONNECTION, SESSION, id_of_thread, inbound, moment


def envelope(message: Message, **changes: Any) -> Envelope:
    made = wrap(message, id="e", source="test", time=moment(), accountid="acme")
    return made.model_copy(update={"data": made.data | changes})


def test_a_thread_has_one_key_by_whichever_name_it_is_called() -> None:
    reply = PostReply(actor=SYSTEM, conversation_id=id_of_thread(), content="x")
    key = lock_key(envelope(inbound()))
    assert key == f"{thread_crc(CONNECTION, SESSION):04x}"
    assert lock_key(envelope(reply)) == key


def test_what_is_about_an_account_has_the_accounts() -> None:
    command = RegisterAccount(actor=SYSTEM, account_id="acme", name="Acme")
    assert lock_key(envelope(command)) == "acme"


@pytest.mark.parametrize("nonsense", ["", "x", None, 7, ["a"], {"b": 1}])
def test_nonsense_has_some_key(nonsense: Any) -> None:
    reply = PostReply(actor=SYSTEM, conversation_id="c", content="x")
    assert isinstance(lock_key(envelope(reply, conversation_id=nonsense)), str)
    assert isinstance(lock_key(envelope(inbound(), session_id=nonsense)), str)


def test_a_conversation_that_an_agent_starts_waits_for_its_threads_inbound_messages() -> None:
    start = StartConversation(
        actor=SYSTEM,
        chatbot_id="bot",
        connection_id=CONNECTION,
        channel=Channel.TELEGRAM,
        session_id=SESSION,
        target="77",
        alias="77",
        content="hello",
    )
    assert lock_key(envelope(start)) == lock_key(envelope(inbound()))
