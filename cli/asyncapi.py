"""python -m cli.asyncapi: an AsyncAPI 3.0 document for each service, in docs/asyncapi.

write    generates them
check    fails when the committed ones differ from the code
"""

import inspect
from collections.abc import Sequence
from typing import Any

import typer

from cli.asyncapi_catalogue import ASKS, FANNED_OUT, SENDS, TAKES, Sending, partitions_at
from cli.committed import ROOT, differences, write
from libs.contracts import topology
from libs.contracts.base import Contract, Message, Query
from libs.contracts.catalogue import ANSWERS
from libs.contracts.envelope import CONTENT_TYPE

FOLDER = ROOT / "docs" / "asyncapi"
VERSION = "3.0.0"
_SCHEMAS = "../../libs/contracts/schemas"
_PARAMETERS = {
    "partition": "Where a conversation (`p00` to `p15`) or an account (`a00` to `a15`) has its order.",
    "bucket": "`b` and the crc32 of the room modulo 256.",
    "room": "`c.<account>.<conversation>` or `a.<account>`.",
}

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


def documents() -> dict[str, dict[str, Any]]:
    """The document of every service."""
    return {service: _Document(service).build() for service in TAKES}


class _Document:
    """Collects the channels, operations and messages of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._channels: dict[str, Any] = {}
        self._operations: dict[str, Any] = {}
        self._messages: dict[str, Any] = {}

    def build(self) -> dict[str, Any]:
        for address, kinds in TAKES[self._service].items():
            self._add("receive", address, kinds, _queue_binding(address))
        for fanned in FANNED_OUT.get(self._service, ()):
            self._add_exchange("receive", fanned)
        for sending in SENDS[self._service]:
            self._add_exchange("send", sending)
        for asked, kinds in ASKS.get(self._service, {}).items():
            address = topology.query_queue(asked)
            self._add("send", address, kinds, _queue_binding(address))
        return {
            "asyncapi": VERSION,
            "info": {
                "title": f"Parley {self._service}",
                "version": "1.0.0",
                "description": f"What the {self._service} service takes from the broker and gives to it.",
            },
            "servers": {
                "broker": {
                    "host": "{broker}",
                    "protocol": "amqp",
                    "variables": {"broker": {"default": "127.0.0.1:5672"}},
                }
            },
            "defaultContentType": CONTENT_TYPE,
            "channels": self._channels,
            "operations": self._operations,
            "components": {"messages": self._messages},
        }

    def _add_exchange(self, action: str, sending: Sending) -> None:
        if all(issubclass(kind, Message) for kind in sending.kinds):
            for kind in sending.kinds:
                key = f"{sending.prefix}{_name(kind)}"
                self._add(
                    action, f"{sending.exchange}/{key}", (kind,), _exchange_binding(sending.exchange), key
                )
        else:
            address = f"{sending.exchange}/{sending.prefix}"
            self._add(action, address, sending.kinds, _exchange_binding(sending.exchange), sending.prefix)

    def _add(
        self,
        action: str,
        address: str,
        kinds: Sequence[type[Contract]],
        binding: dict[str, Any],
        key: str | None = None,
    ) -> None:
        channel = _identifier(address)
        names = [_name(kind) for kind in kinds]
        self._channels[channel] = {
            "address": key or address,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            **_parameters(key or address),
            "bindings": {"amqp": {**binding, "bindingVersion": "0.3.0"}},
        }
        self._messages |= {name: _message(kind) for name, kind in zip(names, kinds, strict=True)}
        self._operations |= {
            f"{action}.{channel}.{name}": self._operation(action, channel, name, kind)
            for name, kind in zip(names, kinds, strict=True)
        }

    def _operation(self, action: str, channel: str, name: str, kind: type[Contract]) -> dict[str, Any]:
        operation: dict[str, Any] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
        }
        if issubclass(kind, Query) or kind in ANSWERS:
            answer = f"{name}.answer"
            self._messages[answer] = _answer(name)
            self._channels["replies"] = _reply_channel(self._channels.get("replies"), answer)
            operation["reply"] = {
                "address": {"location": "$message.header#/replyTo"},
                "channel": {"$ref": "#/channels/replies"},
                "messages": [{"$ref": f"#/channels/replies/messages/{answer}"}],
            }
        return operation


def _reply_channel(known: dict[str, Any] | None, answer: str) -> dict[str, Any]:
    messages = dict(known["messages"]) if known else {}
    return {"address": None, "messages": {**messages, answer: {"$ref": f"#/components/messages/{answer}"}}}


def _name(kind: type[Contract]) -> str:
    return kind.type if issubclass(kind, Message) else kind.__name__.lower()


def _identifier(address: str) -> str:
    return address.replace("{", "").replace("}", "").replace("/", ".")


def _parameters(address: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, description in _PARAMETERS.items():
        if f"{{{name}}}" in address:
            found[name] = {"description": description}
            if partitions_at(address):
                found[name]["enum"] = partitions_at(address)
    return {"parameters": found} if found else {}


def _queue_binding(address: str) -> dict[str, Any]:
    return {"is": "queue", "queue": {"name": address, "durable": True}}


def _exchange_binding(exchange: str) -> dict[str, Any]:
    return {
        "is": "routingKey",
        "exchange": {"name": exchange, "type": topology.EXCHANGES[exchange], "durable": True},
    }


def _summary(kind: type[Contract]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _message(kind: type[Contract]) -> dict[str, Any]:
    name = _name(kind)
    schema = {"$ref": f"{_SCHEMAS}/{name}.json"}
    if not issubclass(kind, Message):
        return {"name": name, "summary": _summary(kind), "contentType": "application/json", "payload": schema}
    fields = {"type": {"const": name}, "data": schema}
    envelope = {"$ref": f"{_SCHEMAS}/envelope.json"}
    return {
        "name": name,
        "summary": _summary(kind),
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [envelope, {"type": "object", "properties": fields}]},
    }


def _answer(name: str) -> dict[str, Any]:
    reply = {"$ref": f"{_SCHEMAS}/reply.json"}
    result = {"properties": {"result": {"$ref": f"{_SCHEMAS}/{name}.answer.json"}}}
    return {
        "name": f"{name}.answer",
        "summary": "Exactly one of `result` and `fault`.",
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [reply, {"type": "object", **result}]},
    }


@app.command("write")
def write_documents() -> None:
    """Generate docs/asyncapi from the code."""
    for path in write(FOLDER, documents()):
        typer.echo(path.relative_to(ROOT))


@app.command()
def check() -> None:
    """Fail when the committed documents differ from the code."""
    found = differences(FOLDER, documents())
    for line in found:
        typer.echo(line, err=True)
    if found:
        typer.echo("run: python -m cli.asyncapi write", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
