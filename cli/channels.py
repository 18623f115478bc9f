"""parley channels: what a platform's webhook means, by the very code that the gateway runs."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.vocabulary import SIDE_KINDS, Channel
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.inbound import Inbound, Receipt
from services.gateway.domain.webhooks import Post, Verdict, judge

app = typer.Typer(no_args_is_help=True, help="Look at what platforms post. Needs no broker, no store.")

_KINDS = ", ".join(CHANNELS)


@app.callback()
def channels() -> None:
    """Keeps `parse` a command of its own while it is the only one."""


@app.command()
def parse(
    kind: Annotated[str, typer.Argument(help=f"One of {_KINDS}.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The body, byte for byte.")],
    secret: Annotated[
        str | None, typer.Option(help="What the connection verifies with; email: user:password.")
    ] = None,
    header: Annotated[list[str] | None, typer.Option(help="'Name: value', as often as needed.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="A setting of the connection, name=value, such as bot_username=…")
    ] = None,
    below: Annotated[str, typer.Option(help="The path below the connection's address.")] = "",
) -> None:
    """Say whether a webhook is accepted, and what it means, as JSON.

    `accepted` is false for what the gateway refuses: forged, not JSON, or without --secret (nothing is
    accepted on a connection that has none; the body is read all the same). `target` is where an answer
    goes; of a reaction, an edit or a deletion it is the id of the message that it is about.
    """
    if kind not in CHANNELS:
        raise typer.BadParameter(f"must be one of {_KINDS}", param_hint="KIND")
    channel = Channel(kind)
    connection = ConnectionSecrets(
        connection_id="parse",
        account_id="parse",
        chatbot_id="parse",
        channel=channel,
        status="connected",
        webhook_secret=secret,
        settings={
            name: _set(value) for name, value in (_pair(one, "=", "--setting") for one in setting or ())
        },
    )
    headers = {name.lower(): value for name, value in (_pair(one, ":", "--header") for one in header or ())}
    post = Post(datetime.now(UTC), headers, below.strip("/"), file.read_bytes())
    verdict = judge(CHANNELS[channel], post, connection)
    typer.echo(json.dumps(shown(verdict), ensure_ascii=False, indent=2))


def shown(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    reading = verdict.reading
    return {
        "accepted": verdict.accepted,
        "reason": verdict.reason,
        "messages": [_message(one) for one in reading.messages],
        "statuses": [_status(one) for one in reading.receipts],
        "moved": [asdict(one) for one in reading.moved],
        "taken_over": [asdict(one) for one in reading.taken_over],
    }


def _message(message: Inbound) -> dict[str, Any]:
    about = message.reply_to if message.kind in SIDE_KINDS else message.target
    return {
        "external_id": message.external_id,
        "delivery_id": message.delivery_id,
        "thread_key": message.session_id,
        "kind": message.kind,
        "text": message.content,
        "reply_to": message.reply_to,
        "target": about,
        "address": message.target,
        "attachments": [one.model_dump(mode="json") for one in message.attachments],
        "sender": asdict(message.author),
        "expects_answer": message.expects_answer,
        "automatic": message.automatic,
        "forwarded": message.forwarded,
        "subject": message.subject,
        "payload": message.payload,
        "number": message.number,
        "other_ids": message.other_ids,
        "references": message.references,
        "sent_at": _time(message.sent_at),
    }


def _status(receipt: Receipt) -> dict[str, Any]:
    return {
        "external_id": receipt.external_id,
        "status": receipt.kind,
        "delivery_id": receipt.delivery_id,
        "at": _time(receipt.at),
        "recipient": receipt.recipient,
        "reference": receipt.reference,
        "error": receipt.error,
        "detail": receipt.detail,
        "lasting": receipt.lasting,
        "number": receipt.number,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _set(value: str) -> str | bool:
    return value == "true" if value in {"true", "false"} else value


def _pair(text: str, between: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(between)
    if not found or not name.strip():
        raise typer.BadParameter(f"must be name{between}value", param_hint=option)
    # What surrounds a value is no part of it (RFC 9110, section 5.5).
    return name.strip(), value.strip(" \t")
