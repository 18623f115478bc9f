"""parley connections, over a delivery service that remembers what it was asked."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import connections
from libs.contracts.connections import (
    ChangeConnection,
    CheckConnection,
    ConnectionPage,
    ConnectionView,
    DisconnectChannel,
)
from libs.contracts.delivery import ConnectChannel
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox, decode_key

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TOKEN = "990001:secret-token-of-a-test"
VIEW = ConnectionView(
    id="conn-1", chatbot_id="bot-1", channel=Channel.TELEGRAM, name="Shop", status="connected"
)


class Delivery:
    """Stands in for the client of the broker."""

    def __init__(self) -> None:
        self.commands: list[Any] = []
        self.result: dict[str, Any] = VIEW.model_dump(mode="json")
        self.error: Exception | None = None

    def __call__(self, *_: Any) -> "Delivery":
        return self

    async def command(self, command: Any, **options: Any) -> dict[str, Any]:
        assert options["account_id"] == "acc-1"
        self.commands.append(command)
        if self.error is not None:
            raise self.error
        return self.result

    async def ask(self, query: Any, **options: Any) -> Any:
        if options["answer"] is ConnectionView:
            return VIEW
        if query.cursor is None:
            return ConnectionPage(items=(VIEW,), next_cursor="conn-1")
        return ConnectionPage(items=(VIEW.model_copy(update={"id": "conn-2"}),))

    async def close(self) -> None:
        return None


@pytest.fixture
def delivery(monkeypatch: pytest.MonkeyPatch) -> Delivery:
    made = Delivery()
    monkeypatch.setattr(connections, "RpcClient", made)
    monkeypatch.setenv("PARLEY_SECRET_KEY", KEY)
    return made


def run(*arguments: str, text: str = "") -> Any:
    return CliRunner().invoke(connections.app, [*arguments, "--account", "acc-1"], input=text)


def test_a_channel_is_connected_with_credentials_from_standard_input(delivery: Delivery):
    text = json.dumps({"token": TOKEN})
    options = ("--chatbot", "bot-1", "--id", "conn-1", "--setting", "rate_per_second=5", "--setting", "x=y")
    done = run("connect", "telegram", *options, text=text)
    assert done.exit_code == 0, done.output
    assert TOKEN not in done.output
    (command,) = delivery.commands
    assert isinstance(command, ConnectChannel)
    assert command.settings == {"rate_per_second": 5, "x": "y"}
    box = SealedBox(decode_key(KEY))
    assert json.loads(box.open(command.sealed_credentials or "", context="connect:conn-1")) == {
        "token": TOKEN
    }


def test_what_was_generated_is_printed_by_connect_and_rotate(delivery: Delivery):
    box = SealedBox(decode_key(KEY))
    sealed = box.seal(b'{"webhook_secret": "w-made"}', context="generated:conn-1")
    delivery.result |= {"sealed_generated": sealed}
    text = json.dumps({"token": TOKEN})
    for arguments in (("connect", "email", "--chatbot", "bot-1", "--id", "conn-1"), ("rotate", "conn-1")):
        printed = json.loads(run(*arguments, text=text).output)
        assert printed["generated_credentials"] == {"webhook_secret": "w-made"}
        assert "sealed_generated" not in printed


def test_a_widget_needs_none_and_a_refusal_is_an_exit_code(delivery: Delivery):
    assert run("connect", "widget", "--chatbot", "bot-1").exit_code == 0
    assert delivery.commands[0].sealed_credentials is None
    delivery.result |= {"status": "error", "reason": "unauthorized"}
    assert run("connect", "telegram", "--chatbot", "bot-1", text='{"token": "x"}').exit_code == 1


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"token": 5}'])
def test_credentials_of_another_form_are_refused(delivery: Delivery, text: str):
    assert run("rotate", "conn-1", text=text).exit_code == 2
    assert delivery.commands == []


def test_without_a_key_nothing_is_sealed(delivery: Delivery, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PARLEY_SECRET_KEY")
    assert run("rotate", "conn-1", text='{"token": "x"}').exit_code == 2
    assert delivery.commands == []


def test_a_setting_has_a_name(delivery: Delivery):
    assert run("connect", "widget", "--chatbot", "bot-1", "--setting", "broken").exit_code == 2
    assert delivery.commands == []


def test_a_connection_is_rotated_tested_and_ended(delivery: Delivery):
    assert run("rotate", "conn-1", text='{"token": "x"}').exit_code == 0
    assert run("disconnect", "conn-1").exit_code == 0
    delivery.result = {"works": True, "connection": {}}
    assert run("test", "conn-1").exit_code == 0
    delivery.result = {"works": False, "reason": "unauthorized", "connection": {}}
    assert run("test", "conn-1").exit_code == 1
    kinds = [type(command) for command in delivery.commands]
    assert kinds == [ChangeConnection, DisconnectChannel, CheckConnection, CheckConnection]
    delivery.error = DomainError(ErrorCode.NOT_FOUND, "there is no such connection")
    refused = run("disconnect", "ghost")
    assert (refused.exit_code, "no such connection" in refused.output) == (1, True)


def test_all_pages_are_listed(delivery: Delivery, monkeypatch: pytest.MonkeyPatch):
    assert [row["id"] for row in json.loads(run("list", "--json").output)] == ["conn-1", "conn-2"]
    table = run("list").output
    assert "conn-2" in table
    assert "Shop" in table
    assert json.loads(run("show", "conn-1").output)["id"] == "conn-1"

    async def nothing(*_: Any, **__: Any) -> ConnectionPage:
        return ConnectionPage(items=())

    monkeypatch.setattr(delivery, "ask", nothing)
    assert run("list").output.strip() == "no connections"
