"""A chatbot is deleted: all its connections end, and nobody else's."""

from dataclasses import replace

import pytest

from libs.contracts.errors import TransientError
from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection, ConnectionStatus
from services.delivery.domain.outcomes import Retry
from services.delivery.use_cases.disconnect_channel import DisconnectChannel
from services.delivery.use_cases.disconnect_chatbot import PAGE, DisconnectChatbot
from tests.unit.delivery.build import connection, new_id
from tests.unit.delivery.test_connecting import Desk

#: More than are read at once.
MANY = 2 * PAGE + 1


class Chatbot:
    """A desk with connections of bot-1, of another chatbot and of another account."""

    def __init__(self) -> None:
        self.desk = Desk()
        ours = [connection(id=f"conn-{number:02d}") for number in range(MANY)]
        ours[1] = replace(ours[1], channel=Channel.WIDGET, credentials={})
        ours[2] = ours[2].broken("unauthorized")
        self.others = (
            replace(ours[0], id="conn-0-other", chatbot_id="bot-2"),
            replace(ours[0], id="conn-0-foreign", account_id="acc-2"),
        )
        self.stored = self.desk.connections.stored
        self.stored |= {one.id: one for one in (*ours, *self.others)}
        self.use_case = DisconnectChatbot(self.desk.connections, DisconnectChannel(self.desk.office, new_id))

    async def is_deleted(self, event_id: str = "event-1") -> int:
        return await self.use_case("bot-1", account_id="acc-1", event_id=event_id)

    def left(self) -> list[str]:
        """Of bot-1, those that are not ended or have credentials still."""
        return [name for name, one in self.stored.items() if one not in self.others and _lives(one)]


def _lives(one: Connection) -> bool:
    return one.status is not ConnectionStatus.DISCONNECTED or bool(one.credentials)


@pytest.fixture
def chatbot() -> Chatbot:
    return Chatbot()


async def test_all_its_connections_end_and_the_team_is_told_of_each(chatbot: Chatbot) -> None:
    assert await chatbot.is_deleted() == MANY
    assert chatbot.left() == []
    assert [chatbot.stored[one.id] for one in chatbot.others] == list(chatbot.others)
    told = [event.data["connection_id"] for event in chatbot.desk.connections.events]
    assert told == [f"conn-{number:02d}" for number in range(MANY)]
    # The widget has no platform to tell.
    assert len(chatbot.desk.registrar.disconnected) == MANY - 1


@pytest.mark.parametrize("event_id", ["event-1", "event-2"])
async def test_told_twice_it_does_nothing_more(chatbot: Chatbot, event_id: str) -> None:
    await chatbot.is_deleted()
    asked, told = len(chatbot.desk.registrar.disconnected), len(chatbot.desk.connections.events)
    assert await chatbot.is_deleted(event_id) == 0
    assert (len(chatbot.desk.registrar.disconnected), len(chatbot.desk.connections.events)) == (asked, told)


async def test_after_a_failure_the_next_attempt_ends_what_is_left(chatbot: Chatbot) -> None:
    chatbot.desk.connections.stored["conn-00"] = replace(
        chatbot.stored["conn-00"], status=ConnectionStatus.DISCONNECTED, credentials={}
    )
    chatbot.desk.connections.faults.before["save"] = 1
    with pytest.raises(TransientError):
        await chatbot.is_deleted()
    assert len(chatbot.left()) == MANY - 1
    assert await chatbot.is_deleted() == MANY - 1
    assert chatbot.left() == []


async def test_a_platform_that_cannot_be_told_keeps_none_alive(chatbot: Chatbot) -> None:
    chatbot.desk.registrar.wrong = Retry("unreachable")
    await chatbot.is_deleted()
    assert chatbot.left() == []
