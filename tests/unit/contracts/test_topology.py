"""Names on the broker, and the arithmetic that puts a thread and its conversation in one partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import topology


@given(st.text(max_size=30), st.text(max_size=30), st.uuids())
def test_a_conversation_stays_in_the_partition_of_its_thread(connection: str, session: str, unique: object):
    crc = topology.thread_crc(connection, session)
    conversation = topology.conversation_id(str(unique), crc)
    assert topology.conversation_crc(conversation) == crc
    assert topology.partition(topology.conversation_crc(conversation)) == topology.partition(crc)
    assert topology.partition(crc) in topology.partition_names("p")


@pytest.mark.parametrize("text", ["", "abc", "a-", "a-12345", "a-zzzz", "-00ff"])
def test_a_foreign_id_has_no_partition(text: str):
    with pytest.raises(ValueError, match=r"not a conversation id|invalid literal"):
        topology.conversation_crc(text)


def test_an_account_has_one_partition_a_kind():
    assert topology.account_partition("acc")[1:] == topology.account_command_partition("acc")[1:]
    assert topology.account_partition("acc") in topology.partition_names("a")


def test_rooms_are_named_by_account_and_conversation():
    room = topology.conversation_room("acc", "c1")
    assert room == "c.acc.c1"
    bucket, _, rest = topology.room_key(room).partition(".")
    assert rest == room
    assert 0 <= int(bucket[1:]) < topology.ROOM_BUCKETS
    assert topology.account_room("acc") == "a.acc"


def test_no_queue_is_declared_twice_and_each_has_an_owner():
    names = [queue.name for queue in topology.QUEUES]
    assert len(names) == len(set(names))
    assert {topology.owner(name) for name in names} == {"gateway", "conversation", "delivery", "ai", "notify"}
    assert topology.owner(topology.dead_letter_queue("ai.answer_contact")) == "ai"


def test_every_binding_names_a_declared_exchange():
    assert {binding.exchange for queue in topology.QUEUES for binding in queue.bindings} <= set(
        topology.EXCHANGES
    )


def test_only_partitions_have_a_single_active_consumer():
    ordered = {queue.name for queue in topology.QUEUES if queue.ordered}
    assert ordered == {
        *(topology.conversation_partition_queue(name) for name in topology.partition_names("p")),
        *(topology.delivery_partition_queue(name) for name in topology.partition_names("a")),
        *(topology.notify_partition_queue(name) for name in topology.partition_names("a")),
    }
