import json

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.connections import ConnectionAnswer
from libs.contracts.delivery import ConnectChannel as ConnectChannelCommand
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.delivery import GetConnection as GetConnectionQuery
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel
from services.delivery.domain.administering import generated_names
from services.delivery.domain.connection import DEFAULT_RATE, ConnectionStatus
from services.delivery.domain.outcomes import Refused
from services.delivery.use_cases.connect_channel import ConnectChannel
from services.delivery.use_cases.connection_ports import Office
from services.delivery.use_cases.get_connection import GetConnection
from tests.unit.delivery.build import TOKEN, connection, new_id, reply
from tests.unit.delivery.fakes import (
    Clock,
    InMemoryConnections,
    ListLog,
    PlainSeals,
    ScriptedChannel,
    ScriptedRegistrar,
)


class Desk:
    answer: ConnectionAnswer

    def __init__(self) -> None:
        self.connections = InMemoryConnections()
        self.channel = ScriptedChannel()
        self.registrar = ScriptedRegistrar()
        self.clock = Clock()
        self.office = Office(
            connections=self.connections,
            lists=self.connections,
            channels={Channel.TELEGRAM: self.channel},
            registrars={Channel.TELEGRAM: self.registrar},
            seals=PlainSeals(),
            log=ListLog(),
            now=self.clock.now,
            public_url="https://parley.test/",
        )
        self.use_case = ConnectChannel(self.office, new_id)

    async def connect(
        self,
        credentials: object = None,
        *,
        channel: Channel = Channel.TELEGRAM,
        account_id: str = "acc-1",
        command_id: str | None = None,
        context: str = "connect:conn-1",
    ):
        sealed = PlainSeals().seal(json.dumps(credentials).encode(), context=context) if credentials else None
        command = ConnectChannelCommand(
            actor=SYSTEM,
            connection_id="conn-1",
            chatbot_id="bot-1",
            channel=channel,
            settings={"rate_per_second": 5},
            sealed_credentials=sealed,
        )
        self.answer = await self.use_case(command, account_id=account_id, command_id=command_id or new_id())
        return self.connections.stored["conn-1"]


async def test_a_platform_that_takes_the_credentials_is_connected():
    desk = Desk()
    desk.channel.found = {"bot_username": "shop_bot"}
    stored = await desk.connect({"token": "t", "webhook_secret": "s"})
    assert stored.usable
    assert stored.credentials == {"token": "t", "webhook_secret": "s"}
    assert stored.settings == {"rate_per_second": 5, "bot_username": "shop_bot"}
    [event] = desk.connections.events
    assert (event.type, event.accountid, event.data["connection_id"]) == (
        "delivery.connection_changed.v1",
        "acc-1",
        "conn-1",
    )


async def test_a_refusal_is_kept_as_the_reason():
    desk = Desk()
    desk.channel.found = Refused("unauthorized")
    stored = await desk.connect({"token": "t"})
    assert (stored.status, stored.reason) == (ConnectionStatus.ERROR, "unauthorized")


async def test_the_widget_needs_no_credentials():
    desk = Desk()
    stored = await desk.connect(channel=Channel.WIDGET)
    assert stored.usable
    assert desk.channel.connected == []


@pytest.mark.parametrize(
    ("credentials", "reason"), [(None, "credentials_missing"), ({"other": "x"}, "credentials_invalid")]
)
async def test_without_usable_credentials_it_is_in_error(credentials: object, reason: str):
    stored = await Desk().connect(credentials)
    assert (stored.status, stored.reason) == (ConnectionStatus.ERROR, reason)


async def test_credentials_that_are_not_given_again_stay():
    desk = Desk()
    await desk.connect({"token": "t", "webhook_secret": "s"})
    assert (await desk.connect()).credentials == {"token": "t", "webhook_secret": "s"}


@pytest.mark.parametrize("credentials", [["token"], {"token": 5}, "text"])
async def test_credentials_of_another_shape_are_refused(credentials: object):
    with pytest.raises(DomainError) as refused:
        await Desk().connect(credentials)
    assert refused.value.code == "invalid"


async def test_credentials_sealed_for_another_connection_are_refused():
    with pytest.raises(DomainError) as refused:
        await Desk().connect({"token": "t"}, context="connect:conn-2")
    assert refused.value.code == "invalid"


async def test_another_account_cannot_take_a_connection_over():
    desk = Desk()
    await desk.connect({"token": "t"})
    with pytest.raises(DomainError) as refused:
        await desk.connect({"token": "theirs"}, account_id="acc-2")
    assert refused.value.code == "not_found"
    assert desk.connections.stored["conn-1"].credentials == {"token": "t"}


async def test_a_repeated_command_does_not_undo_a_later_one():
    desk = Desk()
    await desk.connect({"token": "old"}, command_id="c-1")
    await desk.connect({"token": "new"}, command_id="c-2")
    assert (await desk.connect({"token": "old"}, command_id="c-1")).credentials == {"token": "new"}
    assert len(desk.connections.events) == 2


def shown(answer: ConnectionAnswer) -> dict[str, str] | None:
    """The generated credentials of an answer."""
    if answer.sealed_generated is None:
        return None
    opened: dict[str, str] = json.loads(
        PlainSeals().open(answer.sealed_generated, context="generated:conn-1")
    )
    return opened


GENERATED = {"verify_token": "v-made", "webhook_secret": "w-made"}


async def test_what_was_generated_is_in_the_answer_sealed():
    desk = Desk()
    desk.channel.generates = GENERATED
    await desk.connect({"token": "t"})
    assert shown(desk.answer) == GENERATED
    assert "w-made" not in repr(desk.answer)
    assert "w-made" not in str(desk.office.log.__dict__) + str(desk.connections.events)
    # Now it is kept, and so not generated anew.
    await desk.connect({"token": "t2"})
    assert shown(desk.answer) is None
    assert desk.connections.stored["conn-1"].credentials["webhook_secret"] == "w-made"


async def test_what_was_given_is_not_shown():
    desk = Desk()
    desk.channel.generates = GENERATED
    await desk.connect({"token": "t", "webhook_secret": "mine"})
    assert shown(desk.answer) == {"verify_token": "v-made"}
    assert generated_names({"webhook_secret": "a"}, {"app_secret": "a"}, {}) == ()
    assert generated_names({"token": "new"}, {}, {}) == ()


async def test_what_was_generated_is_shown_though_the_platform_refuses_as_it_is_kept():
    desk = Desk()
    desk.channel.generates = GENERATED
    desk.channel.found = Refused("misconfigured")
    await desk.connect({"token": "t"})
    assert (desk.answer.status, shown(desk.answer)) == ("error", GENERATED)


async def test_a_repeat_whose_answer_was_lost_has_it_again_until_something_else_changes():
    desk = Desk()
    desk.channel.generates = GENERATED
    await desk.connect({"token": "t"}, command_id="c-1")
    await desk.connect({"token": "t"}, command_id="c-1")
    assert shown(desk.answer) == GENERATED
    await desk.connect({"token": "t"}, command_id="c-2")
    await desk.connect({"token": "t"}, command_id="c-1")
    assert shown(desk.answer) is None


async def test_the_gateway_gets_what_verifies_a_webhook_sealed():
    connections = InMemoryConnections(connection())
    answer = await GetConnection(connections, PlainSeals())(GetConnectionQuery(connection_id="conn-1"))
    plain = PlainSeals().open(answer.sealed, context="connection:conn-1")
    secrets = ConnectionSecrets.model_validate_json(plain)
    assert (secrets.webhook_secret, secrets.account_id, secrets.status) == ("hush", "acc-1", "connected")
    assert TOKEN.encode() not in plain


async def test_an_unknown_connection_is_not_found():
    with pytest.raises(DomainError) as refused:
        await GetConnection(InMemoryConnections(), PlainSeals())(GetConnectionQuery(connection_id="x"))
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("rate", [None, "fast", 0, -1, True])
def test_a_rate_that_is_none_is_the_default(rate: object):
    assert connection(settings={"rate_per_second": rate}).rate_per_second == DEFAULT_RATE


def test_nothing_shows_credentials_or_what_people_wrote():
    assert TOKEN not in repr(connection())
    assert "private words" not in repr(reply(content="private words", target="private words"))
