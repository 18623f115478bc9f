"""How far the team and the visitor have read."""

from typing import Any

import pytest

from libs.contracts.base import Actor
from libs.contracts.conversation import DeliveryRecorded, PostReply
from libs.contracts.errors import DomainError
from libs.contracts.read_marks import ConversationRead, MarkRead, ReadMessages
from libs.contracts.vocabulary import Channel, DeliveryState, MessageKind, Status
from services.conversation.use_cases.mark_read import mark_conversation_read
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.read_messages import MOST_READ, read_messages
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, CONTACT, agent

ANA, HANA = agent("ana", "IT"), agent("hana", "HR")


async def refused(world: World, use_case: Any, command: Any) -> str:
    before = world.event_types()
    with pytest.raises(DomainError) as said:
        await world.do(use_case, command, 9)
    assert world.event_types() == before
    return said.value.code


def mark(world: World, message_id: str | None = None, actor: Actor = ANA) -> MarkRead:
    return MarkRead(actor=actor, conversation_id=world.conversation().id, message_id=message_id)


def told(world: World, kind: type) -> list[Any]:
    events = [one.message() for one in world.store.records.events]
    return [one for one in events if isinstance(one, kind)]


class TestOfTheTeam:
    async def test_what_came_later_is_unread_still(self, world: World) -> None:
        said = [await world.says(f"line {number}", number) for number in range(4)]
        await world.says("👍", 5, kind=MessageKind.REACTION)
        updated = world.conversation().updated_at
        view = await world.do(mark_conversation_read, mark(world, said[1].message_id), 6)
        assert (view.unread, world.conversation().unread) == (2, 2)
        assert world.conversation().updated_at == updated
        # A mark that comes late changes nothing.
        view = await world.do(mark_conversation_read, mark(world, said[0].message_id), 7)
        assert view.unread == 2
        assert (await world.do(mark_conversation_read, mark(world), 8)).unread == 0
        await world.do(mark_conversation_read, mark(world), 9)
        assert [event.unread for event in told(world, ConversationRead)] == [2, 0]

    async def test_who_does_not_see_it_does_not_read_it(self, world: World) -> None:
        await world.says()
        world.change(department="IT")
        assert await refused(world, mark_conversation_read, mark(world, actor=HANA)) == "not_found"
        assert await refused(world, mark_conversation_read, mark(world, actor=CONTACT)) == "forbidden"
        assert await refused(world, mark_conversation_read, mark(world, "ghost")) == "not_found"


class TestOfTheVisitor:
    @staticmethod
    async def written(world: World, *contents: str) -> list[str]:
        await world.says()
        world.change(status=Status.HANDED_OFF, channel=Channel.WIDGET)
        ids = []
        for content in contents:
            reply = PostReply(actor=ANA, conversation_id=world.conversation().id, content=content)
            ids.append((await world.do(PostReplyToContact(world.new_id), reply, 2)).id)
        return ids

    @staticmethod
    def states(world: World) -> list[DeliveryState | None]:
        kept = world.store.records.messages
        return [one.view.delivery for one in kept.values() if one.view.delivery is not None]

    @staticmethod
    def read(world: World, message_id: str, actor: Actor | None = None) -> ReadMessages:
        contact = CONTACT.model_copy(update={"id": world.conversation().contact.id})
        return ReadMessages(
            actor=actor or contact, conversation_id=world.conversation().id, message_id=message_id
        )

    async def test_what_was_sent_before_is_read_too(self, world: World) -> None:
        ids = await self.written(world, "one", "two", "three")
        await world.do(read_messages, self.read(world, ids[1]), 3)
        read, queued = DeliveryState.READ, DeliveryState.QUEUED
        assert self.states(world) == [read, read, queued]
        await world.do(read_messages, self.read(world, ids[1]), 4)
        await world.do(read_messages, self.read(world, ids[0]), 4)
        recorded = told(world, DeliveryRecorded)
        assert [(one.message_id, one.state) for one in recorded] == [(ids[0], read), (ids[1], read)]
        await world.do(read_messages, self.read(world, ids[2]), 5)
        last = world.conversation().last_message
        assert last is not None
        assert last.delivery is read

    async def test_a_mark_reaches_back_so_far(self, world: World) -> None:
        ids = await self.written(world, *("line" for _ in range(MOST_READ + 1)))
        await world.do(read_messages, self.read(world, ids[-1]), 3)
        assert self.states(world).count(DeliveryState.QUEUED) == 1

    async def test_what_overtakes_it_changes_nothing(self, world: World) -> None:
        ids = await self.written(world, "one")
        records = world.store.records
        tx_view = records.messages[ACCOUNT, ids[0]]
        await world.do(read_messages, self.read(world, ids[0]), 3)
        assert records.messages[ACCOUNT, ids[0]] != tx_view
        before = world.event_types()
        await world.do(read_messages, self.read(world, ids[0]), 4)
        assert world.event_types() == before

    async def test_what_cannot_be_read(self, world: World) -> None:
        ids = await self.written(world, "one")
        inbound = next(one.view.id for one in world.store.records.messages.values() if not one.view.delivery)
        assert await refused(world, read_messages, self.read(world, inbound)) == "not_found"
        assert await refused(world, read_messages, self.read(world, "ghost")) == "not_found"
        assert await refused(world, read_messages, self.read(world, ids[0], ANA)) == "forbidden"
        world.change(channel=Channel.TELEGRAM)
        assert await refused(world, read_messages, self.read(world, ids[0])) == "invalid"
