"""Connections changed, checked and ended by administrators, and told to the team."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.connections import (
    ChangeConnection as ChangeConnectionCommand,
)
from libs.contracts.connections import (
    CheckConnection as CheckConnectionCommand,
)
from libs.contracts.connections import (
    ConnectionAnswer,
    ConnectionChecked,
    ConnectionView,
    ListConnections,
    ReadConnection,
)
from libs.contracts.connections import (
    DisconnectChannel as DisconnectChannelCommand,
)
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, Channel, Role
from services.delivery.adapters.channel_registrar import ChannelRegistrar
from services.delivery.domain.administering import require_admin, view_of, webhook_url
from services.delivery.domain.connection import ConnectionStatus
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.change_connection import ChangeConnection
from services.delivery.use_cases.check_connection import CheckConnection
from services.delivery.use_cases.disconnect_channel import DisconnectChannel
from services.delivery.use_cases.read_connections import ReadConnections
from tests.unit.delivery.build import connection, new_id
from tests.unit.delivery.fakes import InMemoryConnections, PlainSeals, ScriptedChannel
from tests.unit.delivery.test_connecting import Desk

ADMIN = Actor(kind=ActorKind.AGENT, id="dora", role=Role.ADMIN)
AGENT = Actor(kind=ActorKind.AGENT, id="ana", role=Role.AGENT)
HOOK = "https://parley.test/webhooks/telegram/conn-1"


@pytest.fixture
async def desk() -> Desk:
    """One connection that works."""
    made = Desk()
    await made.connect({"token": "t", "webhook_secret": "s"})
    return made


async def change(
    desk: Desk, actor: Actor = ADMIN, account_id: str = "acc-1", **parts: Any
) -> ConnectionAnswer:
    credentials = parts.pop("credentials", None)
    if credentials is not None:
        sealed = PlainSeals().seal(json.dumps(credentials).encode(), context="connect:conn-1")
        parts["sealed_credentials"] = sealed
    command_id = parts.pop("command_id", None) or new_id()
    command = ChangeConnectionCommand(**{"actor": actor, "connection_id": "conn-1"} | parts)
    return await ChangeConnection(desk.office, new_id)(command, account_id=account_id, command_id=command_id)


async def check(desk: Desk, actor: Actor = ADMIN, account_id: str = "acc-1") -> ConnectionChecked:
    command = CheckConnectionCommand(actor=actor, connection_id="conn-1")
    return await CheckConnection(desk.office, new_id)(command, account_id=account_id)


async def disconnect(desk: Desk, actor: Actor = ADMIN, account_id: str = "acc-1") -> ConnectionView:
    command = DisconnectChannelCommand(actor=actor, connection_id="conn-1")
    return await DisconnectChannel(desk.office, new_id)(command, account_id=account_id, command_id=new_id())


def last_event(desk: Desk) -> ConnectionChanged:
    event = desk.connections.events[-1].message()
    assert isinstance(event, ConnectionChanged)
    return event


async def test_who_connects_sees_all_but_the_credentials(desk: Desk):
    view = view_of(desk.connections.stored["conn-1"], "https://parley.test/")
    assert (view.status, view.credentials, view.webhook_url) == (
        "connected",
        ("token", "webhook_secret"),
        HOOK,
    )
    assert view.settings == {"rate_per_second": 5}
    assert desk.channel.connected[0].settings["webhook_url"] == HOOK


@pytest.mark.parametrize(
    ("channel", "settings", "public", "expected"),
    [
        (Channel.TELEGRAM, {}, "", None),
        (Channel.WIDGET, {}, "https://parley.test", None),
        (Channel.EMAIL, {}, "https://parley.test", "https://parley.test/webhooks/email/conn-1"),
        (Channel.TELEGRAM, {"webhook_url": "https://own.test"}, "", "https://own.test"),
    ],
)
def test_where_a_platform_posts(
    channel: Channel, settings: dict[str, str], public: str, expected: str | None
):
    assert webhook_url(connection(channel=channel, settings=settings), public) == expected


async def test_credentials_are_rotated(desk: Desk):
    view = await change(desk, credentials={"token": "new"})
    stored = desk.connections.stored["conn-1"]
    assert (stored.credentials["token"], stored.credentials["webhook_secret"]) == ("new", "s")
    assert view.status == "connected"
    assert stored.settings == {"rate_per_second": 5}


async def test_rotating_shows_what_it_generated_and_another_name_does_not(desk: Desk):
    assert (await change(desk, credentials={"token": "new"})).sealed_generated is None
    desk.channel.generates = {"verify_token": "v-made"}
    sealed = (await change(desk, credentials={"token": "newer"})).sealed_generated
    assert sealed == 'generated:conn-1|{"verify_token": "v-made"}'
    renamed = await change(desk, name="Shop")
    assert (renamed.name, renamed.sealed_generated) == ("Shop", None)
    assert "v-made" not in (await check(desk)).model_dump_json() + (await disconnect(desk)).model_dump_json()
    read = await ReadConnections(desk.office).one(ReadConnection(connection_id="conn-1"), account_id="acc-1")
    assert "v-made" not in read.model_dump_json()


async def test_what_the_platform_refuses_changes_nothing(desk: Desk):
    before = desk.connections.stored["conn-1"]
    desk.channel.found = Refused("unauthorized")
    for parts in ({"credentials": {"token": "wrong"}}, {"settings": {"api_base_url": "https://x.test"}}):
        with pytest.raises(DomainError, match="unauthorized") as refused:
            await change(desk, **parts)
        assert refused.value.code == "channel_refused"
    assert desk.connections.stored["conn-1"] == before


async def test_another_name_asks_no_platform_and_mends_nothing(desk: Desk):
    desk.connections.stored["conn-1"] = desk.connections.stored["conn-1"].broken("unauthorized")
    asked = len(desk.channel.connected)
    view = await change(desk, name="Shop")
    assert (view.name, view.status, view.reason) == ("Shop", "error", "unauthorized")
    assert len(desk.channel.connected) == asked


async def test_settings_are_replaced_and_the_platform_adds_its_own(desk: Desk):
    desk.channel.found = {"bot_id": "7", "webhook_url": "never kept"}
    assert (await change(desk, settings={"x": 1})).settings == {"x": 1, "bot_id": "7"}


async def test_a_repeat_is_answered_as_it_is_now(desk: Desk):
    await change(desk, name="first", command_id="c-1")
    await change(desk, name="second", command_id="c-2")
    assert (await change(desk, name="first", command_id="c-1")).name == "second"


async def test_a_connection_is_ended_and_taken_up_again(desk: Desk):
    view = await disconnect(desk)
    assert (view.status, view.credentials) == ("disconnected", ())
    assert [one.credentials["token"] for one in desk.registrar.disconnected] == ["t"]
    assert not desk.connections.stored["conn-1"].usable
    assert (await disconnect(desk)).status == "disconnected"
    assert len(desk.registrar.disconnected) == 1
    assert (await check(desk)).works is False
    assert (await change(desk, credentials={"token": "t2"})).status == "connected"


async def test_a_platform_that_cannot_be_told_keeps_no_connection_alive(desk: Desk):
    desk.registrar.wrong = Retry("unreachable")
    assert (await disconnect(desk)).status == "disconnected"


async def test_what_is_wrong_for_good_is_kept_and_told(desk: Desk):
    desk.registrar.wrong = Refused("unauthorized", disconnects=True)
    checked = await check(desk)
    assert (checked.works, checked.reason, checked.connection.status) == (False, "unauthorized", "error")
    event = last_event(desk)
    assert (event.status, event.reason, event.chatbot_id, event.channel) == (
        "error",
        "unauthorized",
        "bot-1",
        Channel.TELEGRAM,
    )
    assert desk.registrar.checked[0].settings["webhook_url"] == HOOK


async def test_what_is_wrong_for_now_is_only_said(desk: Desk):
    events = len(desk.connections.events)
    desk.registrar.wrong = Retry("unreachable")
    checked = await check(desk)
    assert (checked.works, checked.reason, checked.connection.status) == (False, "unreachable", "connected")
    assert len(desk.connections.events) == events
    desk.registrar.wrong = None
    assert (await check(desk)).works


async def test_what_was_mended_works_again(desk: Desk):
    desk.connections.stored["conn-1"] = desk.connections.stored["conn-1"].broken("unauthorized")
    checked = await check(desk)
    assert (checked.works, checked.reason, checked.connection.status) == (True, None, "connected")
    assert last_event(desk).status == "connected"


async def test_a_channel_that_nobody_can_be_asked_about_works():
    desk = Desk()
    await desk.connect(channel=Channel.WIDGET)
    assert (await check(desk)).works


async def test_a_platform_without_a_registration_is_asked_by_connecting():
    channel = ScriptedChannel()
    registrar = ChannelRegistrar(channel)
    assert await registrar.check(connection()) is None
    channel.found = Refused("unreachable")
    assert await registrar.check(connection()) == Retry("unreachable")
    channel.found = Refused("unauthorized")
    assert await registrar.check(connection()) == Refused("unauthorized")
    assert await registrar.disconnect(connection()) is None


async def test_who_changed_it_meanwhile_wins(desk: Desk):
    desk.registrar.wrong = Refused("unauthorized")
    old = desk.connections.stored["conn-1"]

    class Changes(InMemoryConnections):
        async def break_off(self, *_: Any) -> bool:
            return False

    changes = Changes(old)
    desk.office = replace(desk.office, connections=changes)
    checked = await check(desk)
    assert not checked.works
    assert changes.stored["conn-1"] == old
    assert changes.events == []


async def test_each_has_its_turn(desk: Desk):
    watch, every = CheckConnection(desk.office, new_id), timedelta(minutes=5)
    assert await watch.next_due(every)
    assert not await watch.next_due(every)
    desk.clock.pass_(301)
    assert await watch.next_due(every)
    await disconnect(desk)
    desk.clock.pass_(301)
    assert not await watch.next_due(every)


async def test_connections_are_for_administrators_of_their_account(desk: Desk):
    for act in (change, check, disconnect):
        with pytest.raises(DomainError) as refused:
            await act(desk, AGENT)
        assert refused.value.code == "forbidden"
        with pytest.raises(DomainError) as refused:
            await act(desk, ADMIN, "acc-2")
        assert refused.value.code == "not_found"
    desk.connections.stored.clear()
    for act in (change, check, disconnect):
        with pytest.raises(DomainError) as refused:
            await act(desk)
        assert refused.value.code == "not_found"
    for actor in (SYSTEM, ADMIN, Actor(kind=ActorKind.API_KEY, id="key")):
        require_admin(actor)


async def test_lists_are_of_one_account_and_come_in_pages():
    desk = Desk()
    others = [connection(id="a"), connection(id="b", chatbot_id="bot-2"), connection(id="c")]
    for one in [*others, connection(id="d", account_id="acc-2")]:
        desk.connections.stored[one.id] = one
    read = ReadConnections(desk.office)
    first = await read.page(ListConnections(page_size=2), account_id="acc-1")
    assert ([one.id for one in first.items], first.next_cursor) == (["a", "b"], "b")
    last = await read.page(ListConnections(page_size=2, cursor="b"), account_id="acc-1")
    assert ([one.id for one in last.items], last.next_cursor) == (["c"], None)
    of_bot = await read.page(ListConnections(chatbot_id="bot-2"), account_id="acc-1")
    assert [one.id for one in of_bot.items] == ["b"]
    assert (await read.one(ReadConnection(connection_id="a"), account_id="acc-1")).id == "a"
    for connection_id in ("d", "ghost"):
        with pytest.raises(DomainError) as refused:
            await read.one(ReadConnection(connection_id=connection_id), account_id="acc-1")
        assert refused.value.code == "not_found"
    assert desk.connections.stored["a"].status is ConnectionStatus.CONNECTED
