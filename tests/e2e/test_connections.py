"""A channel is connected, tested, rotated and ended, over REST and by the command line; the team hears it."""

import asyncio
import json
import os
import sys
from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import Parley
from tests.patience import PATIENCE

OTHER_TOKEN = "990077:another-token-of-the-stand-in-only-00"


async def call(parley: Parley, console: Any, method: str, path: str, body: Any = None) -> Any:
    return await parley.http.request(
        method,
        f"{parley.gateways[0]}/api/v1/connections{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token}"},
    )


async def parley_command(parley: Parley, *arguments: str, text: str = "") -> tuple[int, Any]:
    """Run `parley connections …` against the stack."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.main",
        "connections",
        *arguments,
        env={
            **os.environ,
            "RABBITMQ_URL": parley.stack.rabbitmq_url,
            "PARLEY_SECRET_KEY": parley.stack.secrets.secret_key,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60 * PATIENCE):
        out, error = await process.communicate(text.encode())
    assert process.returncode is not None
    assert OTHER_TOKEN.encode() not in out + error
    return process.returncode, json.loads(out) if out else error.decode()


async def test_a_bot_is_connected_broken_mended_and_ended(parley: Parley) -> None:
    await parley.standin.register_telegram_bot(OTHER_TOKEN, username="other_helper_bot", first_name="Other")
    bot = parley.standin.telegram_bot(990077)
    body = {
        "chatbot_id": account.CHATBOT_ID,
        "channel": "telegram",
        "name": "Second bot",
        "settings": {"api_base_url": parley.stack.standins_url},
        "credentials": {"token": OTHER_TOKEN},
    }
    async with parley.console() as admin, parley.console(account.PEOPLE[0]) as ana:
        assert (await call(parley, ana, "POST", "", body)).status_code == 403
        made = await call(parley, admin, "POST", "", body)
        assert made.status_code == 201, made.text
        one = made.json()
        assert (one["status"], one["settings"]["bot_username"]) == ("connected", "other_helper_bot")
        assert one["webhook_url"].endswith(f"/webhooks/telegram/{one['id']}")
        assert OTHER_TOKEN not in made.text

        # The secret that was generated is shown this once, and is the one that verifies webhooks.
        secret = one["generated_credentials"]["webhook_secret"]
        read = await call(parley, admin, "GET", f"/{one['id']}")
        assert (read.status_code, "generated_credentials" in read.json()) == (200, False)
        assert secret not in read.text
        hook = f"{parley.gateways[0]}/webhooks/telegram/{one['id']}"
        for sent, status in ((secret, 200), (f"{secret}x", 401)):
            headers = {"X-Telegram-Bot-Api-Secret-Token": sent}
            posted = await parley.http.post(hook, json={"update_id": 1}, headers=headers)
            assert posted.status_code == status, posted.text

        def about(status: str) -> Any:
            return lambda frame: frame["connection_id"] == one["id"] and frame["status"] == status

        await ana.frame("connection:changed", about("connected"))

        # What the platform does not take replaces nothing.
        wrong = {"credentials": {"token": "990077:not-the-token-of-this-bot-at-all-000"}}
        refused = await call(parley, admin, "POST", f"/{one['id']}/rotate", wrong)
        assert (refused.status_code, refused.json()["code"]) == (502, "channel_refused")
        tested = (await call(parley, admin, "POST", f"/{one['id']}/test")).json()
        assert tested["works"], tested

        # The same by the command line.
        code, listed = await parley_command(parley, "list", "--account", account.ACCOUNT_ID, "--json")
        assert code == 0
        assert one["id"] in {row["id"] for row in listed}
        text = json.dumps({"token": OTHER_TOKEN})
        arguments = ("rotate", one["id"], "--account", account.ACCOUNT_ID)
        code, rotated = await parley_command(parley, *arguments, text=text)
        assert (code, rotated["status"], rotated["generated_credentials"]) == (0, "connected", {})

        # An address of the inside is not called, whoever enters it (CVE-2024-39713, CVE-2026-108702).
        inside = {"settings": {"api_base_url": "http://169.254.169.254/latest"}}
        refused = await call(parley, admin, "PATCH", f"/{one['id']}", inside)
        assert (refused.status_code, refused.json()["code"]) == (502, "channel_refused")

        ended = (await call(parley, admin, "DELETE", f"/{one['id']}")).json()
        assert (ended["status"], ended["credentials"]) == ("disconnected", [])
        await ana.frame("connection:changed", about("disconnected"))
        code, checked = await parley_command(parley, "test", one["id"], "--account", account.ACCOUNT_ID)
        assert (code, checked["reason"]) == (1, "disconnected")
    told = await parley.http.get(f"{parley.stack.standins_url}/bot{OTHER_TOKEN}/getWebhookInfo")
    assert told.json()["result"]["url"] == ""
    await bot.remove()
