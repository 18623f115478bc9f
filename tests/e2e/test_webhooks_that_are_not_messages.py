"""What a platform, or somebody who pretends to be one, may post."""

import asyncio
import json
import os
import sys

import pytest

from tests.e2e.parley import Parley, eventually, new_chat, text_update


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", "kettle-demo-webhook-secre", "KETTLE-DEMO-WEBHOOK-SECRET"]
)
async def test_a_webhook_without_the_right_secret_is_refused_and_leaves_nothing(
    parley: Parley, secret: str | None
) -> None:
    chat = new_chat()
    answer = await parley.webhook(text_update(chat, "let me in", 1), secret=secret)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    # A later, genuine message is there; the forged one is not.
    await parley.known_chat(chat)
    assert (await parley.webhook(text_update(chat, "Hello", 2))).status_code == 200
    async with parley.console() as admin:
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the genuine message")
        thread = await parley.thread(admin, row["id"])
    assert "let me in" not in [one["content"] for one in thread["messages"]]


async def test_an_authentic_body_that_nobody_can_interpret_is_acknowledged_and_parked(parley: Parley) -> None:
    before = len(await _parked(parley))
    answer = await parley.webhook({"update_id": new_chat() % (1 << 31), "something_new": {"of": "tomorrow"}})
    assert answer.status_code == 200

    async def kept() -> bool:
        return len(await _parked(parley)) > before

    await eventually(kept, "the parked body")


async def _parked(parley: Parley) -> list[str]:
    """What `parley dlq list` shows of the parked bodies."""
    environment = {
        **os.environ,
        "RABBITMQ_URL": parley.stack.rabbitmq_url,
        "MONGODB_URL": parley.stack.mongodb_url,
        "PARLEY_DATABASE_PREFIX": parley.stack.extra_env["PARLEY_DATABASE_PREFIX"],
    }
    command = [sys.executable, "-m", "cli.main", "dlq", "list", "--service", "gateway", "--json"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [row["id"] for row in json.loads(output) if row["code"] == "parked"]


@pytest.mark.parametrize("body", [b"", b"no json", b"[1, 2]", b'"text"', b"\xff\xfe\x00", b"{", b"null"])
async def test_what_is_no_json_object_is_a_bad_request(parley: Parley, body: bytes) -> None:
    answer = await parley.webhook(body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "code", "conversation_id", "timestamp", "trace_id"}
