"""`parley admin` against the running stack: an account from nothing to somebody who logs in."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.e2e.parley import Parley

PASSWORD = "zoe-likes-white-tea"


async def test_an_account_is_set_up_from_the_command_line(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RABBITMQ_URL", parley.stack.rabbitmq_url)
    account, email = f"acc-{uuid4().hex[:8]}", f"zoe-{uuid4().hex[:8]}@x.test"

    async def parley_admin(*words: str, fails: bool = False, given: str | None = None) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["admin", *words], input=given)
        assert (result.exit_code != 0) is fails, result.output
        return result.output

    async def told(*words: str, **more: Any) -> Any:
        return json.loads(await parley_admin(*words, "--account", account, "--json", **more))

    await parley_admin("account", "create", account, "--name", "Tea & Co", "--department", "Shop")
    changed = await told("account", "change", "--auto-assign", "--agent-limit", "4")
    assert changed["departments"][0]["id"] == "Shop"
    assert await told("account", "get") == changed
    bot = await told("chatbots", "create", "Helper", "--mode", "off", "--handoff-keyword", "lawyer")
    assert (bot["mode"], bot["handoff_keywords"]) == ("off", ["lawyer"])
    bot = await told("chatbots", "change", bot["id"], "--department", "Shop", "--clear", "handoff_keywords")
    assert await told("chatbots", "get", bot["id"]) == bot
    made = await told("departments", "create", "Desk", "--default-chatbot", bot["id"])
    assert made["default_chatbot_id"] == bot["id"]
    await told("departments", "change", "Desk", "--clear", "default_chatbot_id")
    assert [one["id"] for one in await told("departments", "list")] == ["Shop", "Desk"]
    assert "Desk" in await parley_admin("departments", "list", "--account", account)

    create = ("people", "create", email, "--name", "Zoe", "--role", "admin", "--password-stdin")
    zoe = await told(*create, given=f"{PASSWORD}\n")
    assert PASSWORD not in json.dumps(zoe)
    log_in = {"email": email, "password": PASSWORD}
    answer = await parley.http.post(f"{parley.gateways[0]}/auth/login", json=log_in)
    assert (answer.status_code, answer.json()["profile"]["role"]) == (200, "admin")
    await parley_admin("people", "delete", zoe["id"], "--account", account, fails=True)
    assert (await told("people", "list", "--search", "zoe")) == [zoe]
    await parley_admin(
        *("people", "create", "y@x.test", "--name", "Y", "--role", "agent", "--account", account),
        "--password-stdin",
        given="short\n",
        fails=True,
    )
    taken = ("people", "create", "uma@kettle.test", "--name", "U", "--role", "user", "--account", account)
    await parley_admin(*taken, "--password-stdin", given=f"{PASSWORD}\n", fails=True)
    assert (await told("people", "list")) == [zoe]
    again = (f"second-{email}", "--name", "Yan", "--role", "admin", "--password-stdin")
    yan = await told("people", "create", *again, given=f"{PASSWORD}\n")
    await parley_admin("people", "delete", zoe["id"], "--account", account)
    gone = await parley.http.post(f"{parley.gateways[0]}/auth/login", json=log_in)
    assert gone.status_code == 401
    # The address is free again.
    anew = await told(*create, given=f"{PASSWORD}\n")
    await parley_admin("people", "delete", anew["id"], "--account", account)
    assert (await told("people", "list")) == [yan]
    await parley_admin("departments", "delete", "Desk", "--account", account)
    await parley_admin("chatbots", "delete", bot["id"], "--account", account)
    assert await told("chatbots", "list") == []
