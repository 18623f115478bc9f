"""The AsyncAPI documents say what the services do: their tables are held against the services' own routes."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import asyncapi, committed, schemas
from cli.asyncapi_catalogue import ASKS, FANNED_OUT, SENDS, TAKES, Sending, queues_at
from libs.contracts import topology
from libs.contracts.base import REGISTER, Message
from libs.runtime.service import Service
from services.ai import app as ai_app
from services.ai.settings import AISettings
from services.conversation import app as conversation_app
from services.conversation.settings import ConversationSettings
from services.delivery import app as delivery_app
from services.delivery.settings import DeliverySettings
from services.gateway import app as gateway_app
from services.gateway.settings import GatewaySettings
from services.notify import app as notify_app
from services.notify.settings import NotifySettings

#: Nothing listens there: a service is built without its broker.
NOWHERE = "amqp://127.0.0.1:1/"


async def _built(service: str, folder: Path, store: str, prefix: str) -> Service:
    shared: dict[str, Any] = {
        "rabbitmq_url": NOWHERE,
        "mongodb_url": store,
        "database_prefix": prefix,
        "secret_key": base64.b64encode(bytes(32)).decode(),
    }
    match service:
        case "ai":
            return await ai_app.build(AISettings(**shared, index_folder=str(folder)))
        case "conversation":
            return await conversation_app.build(ConversationSettings(**shared))
        case "delivery":
            return await delivery_app.build(DeliverySettings(**shared))
        case "gateway":
            return await gateway_app.build(GatewaySettings(**shared, jwt_secret="x" * 32))
        case _:
            return await notify_app.build(NotifySettings(**shared))


@pytest.mark.parametrize("service", sorted(TAKES))
async def test_what_a_service_takes_is_what_it_subscribes(
    service: str, tmp_path: Path, mongodb_url: str, database_prefix: str
):
    built = await _built(service, tmp_path, mongodb_url, database_prefix)
    subscribed = {queue: set(routes) for queue, routes in built.routes.items()}
    documented = {
        queue: set(kinds) for address, kinds in TAKES[service].items() for queue in queues_at(address)
    }
    await built.dispose()
    assert subscribed == documented


def _keys(sending: Sending) -> Iterator[tuple[str, type[Message]]]:
    """A routing key for each message that is sent, with a partition of each letter."""
    for kind in sending.kinds:
        if issubclass(kind, Message):
            for name in ("p07", "a07") if sending.prefix else ("",):
                yield f"{name}.{kind.type}" if name else kind.type, kind


def _takers(exchange: str, key: str) -> list[str]:
    return [
        queue.name
        for queue in topology.QUEUES
        for binding in queue.bindings
        if binding.exchange == exchange and _matches(binding.routing_key, key)
    ]


def _matches(pattern: str, key: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\#", ".*").replace(r"\*", r"[^.]+"), key) is not None


def _taken() -> dict[str, set[type[Message]]]:
    return {
        queue: set(kinds)
        for queues in TAKES.values()
        for address, kinds in queues.items()
        for queue in queues_at(address)
    }


@pytest.mark.parametrize("sender", sorted(SENDS))
def test_everything_sent_reaches_somebody_who_takes_it(sender: str):
    fanned = {kind for sendings in FANNED_OUT.values() for sending in sendings for kind in sending.kinds}
    for sending in SENDS[sender]:
        reached: set[type[Message]] = set()
        for key, kind in _keys(sending):
            for queue in _takers(sending.exchange, key):
                assert kind in _taken()[queue] or kind in fanned, (
                    f"{queue} gets {kind.type} and cannot take it"
                )
                reached.add(kind)
        assert {kind for _, kind in _keys(sending)} - fanned <= reached


def test_everything_taken_is_sent_or_asked_by_somebody():
    sent = {kind for sendings in SENDS.values() for sending in sendings for kind in sending.kinds}
    asked = {kind for services in ASKS.values() for kinds in services.values() for kind in kinds}
    taken = {kind for queues in TAKES.values() for kinds in queues.values() for kind in kinds}
    assert taken - sent - asked == set()


def test_every_message_of_the_contracts_is_in_a_document():
    documented = {
        name for document in asyncapi.documents().values() for name in document["components"]["messages"]
    }
    ours = {name for name, kind in REGISTER.items() if kind.__module__.startswith("libs.contracts")}
    assert ours <= documented


def test_the_committed_documents_are_those_of_the_code():
    assert committed.differences(asyncapi.FOLDER, asyncapi.documents()) == []


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


@pytest.mark.parametrize("service", sorted(TAKES))
def test_every_reference_leads_somewhere(service: str):
    document = json.loads((asyncapi.FOLDER / f"{service}.json").read_text())
    for reference in set(_references(document)):
        path, _, pointer = reference.partition("#/")
        if path:
            assert (asyncapi.FOLDER / path).resolve().parent == schemas.FOLDER
            assert (asyncapi.FOLDER / path).exists()
            continue
        found = document
        for part in pointer.split("/"):
            found = found[part]


@pytest.mark.parametrize("service", sorted(TAKES))
def test_every_operation_is_complete(service: str):
    """The rules of AsyncAPI 3.0 that a tool would stumble over first."""
    document = asyncapi.documents()[service]
    assert document["asyncapi"] == "3.0.0"
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = document["channels"][operation["channel"]["$ref"].removeprefix("#/channels/")]
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
            assert message["$ref"].rpartition("/")[2] in channel["messages"]
    for channel in document["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"] or "")) == set(channel.get("parameters", {}))


def test_the_command_writes_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asyncapi, "FOLDER", tmp_path / "asyncapi")
    monkeypatch.setattr(asyncapi, "ROOT", tmp_path)
    runner = CliRunner()
    assert runner.invoke(asyncapi.app, ["check"]).exit_code == 1
    assert runner.invoke(asyncapi.app, ["write"]).exit_code == 0
    assert runner.invoke(asyncapi.app, ["check"]).exit_code == 0
    (tmp_path / "asyncapi" / "ai.json").write_text("{}")
    result = runner.invoke(asyncapi.app, ["check"])
    assert result.exit_code == 1
    assert "ai.json differs from the code" in result.output
