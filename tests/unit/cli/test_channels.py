import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.unit.gateway.channel_samples import (
    APP_SECRET,
    BASIC,
    basic,
    escaped,
    mail,
    said,
    signed,
    value,
    whatsapp,
    wrote,
)
from tests.unit.gateway.samples import update

WHATSAPP = escaped(whatsapp(value(messages=[wrote("text", text={"body": "Olá"})])))


def parse(tmp_path: Path, kind: str, body: bytes, *options: str) -> dict[str, Any]:
    file = tmp_path / "body.json"
    file.write_bytes(body)
    run = CliRunner().invoke(app, ["channels", "parse", kind, str(file), *options])
    assert run.exit_code == 0, run.output
    shown: dict[str, Any] = json.loads(run.stdout)
    return shown


def test_an_authentic_body_is_accepted_and_said(tmp_path: Path):
    header = f"X-Hub-Signature-256: {signed(APP_SECRET, WHATSAPP)}"
    shown = parse(tmp_path, "whatsapp", WHATSAPP, "--secret", APP_SECRET, "--header", header)
    assert (shown["accepted"], shown["reason"], shown["statuses"]) == (True, None, [])
    (message,) = shown["messages"]
    expected = {
        "external_id": "wamid.A1",
        "thread_key": "wa:351910000001",
        "kind": "text",
        "text": "Olá",
        "reply_to": None,
        "target": "351910000001",
        "attachments": [],
    }
    assert {name: message[name] for name in expected} == expected


def test_a_forged_body_is_refused_and_not_read(tmp_path: Path):
    header = f"x-hub-signature-256: {signed('another', WHATSAPP)}"
    shown = parse(tmp_path, "whatsapp", WHATSAPP, "--secret", APP_SECRET, "--header", header)
    assert (shown["accepted"], shown["messages"]) == (False, [])
    assert "not the signature" in shown["reason"]


def test_without_a_secret_nothing_is_accepted_and_the_body_is_read_all_the_same(tmp_path: Path):
    shown = parse(tmp_path, "whatsapp", WHATSAPP)
    assert (shown["accepted"], shown["reason"]) == (False, "no secret is set")
    assert len(shown["messages"]) == 1


def test_a_reaction_is_aimed_at_the_message_that_it_is_about(tmp_path: Path):
    reaction = wrote("reaction", reaction={"message_id": "wamid.OUT2", "emoji": "👍"})
    (message,) = parse(tmp_path, "whatsapp", escaped(whatsapp(value(messages=[reaction]))))["messages"]
    assert (message["target"], message["address"]) == ("wamid.OUT2", "351910000001")


def test_receipts_are_statuses(tmp_path: Path):
    status = {"id": "wamid.OUT2", "status": "read", "timestamp": "1786000021", "recipient_id": "351910000001"}
    (shown,) = parse(tmp_path, "whatsapp", escaped(whatsapp(value(statuses=[status]))))["statuses"]
    assert (shown["external_id"], shown["status"]) == ("wamid.OUT2", "read")
    assert shown["at"] == "2026-08-06T07:07:01+00:00"


def test_what_cannot_be_read_is_accepted_with_its_reason(tmp_path: Path):
    header = f"Authorization: {basic(BASIC)}"
    shown = parse(tmp_path, "email", b'{"odd":1}', "--secret", BASIC, "--header", header)
    assert (shown["accepted"], shown["reason"], shown["messages"]) == (True, "MessageID is not an id", [])
    shown = parse(tmp_path, "email", escaped(mail()), "--secret", BASIC, "--header", header)
    assert shown["messages"][0]["thread_key"] == "email:j1@sample.test"


def test_what_is_no_json_is_not_accepted(tmp_path: Path):
    shown = parse(tmp_path, "telegram", b"hello")
    assert (shown["accepted"], shown["reason"]) == (False, "no secret is set")
    header = "X-Telegram-Bot-Api-Secret-Token: s"
    shown = parse(tmp_path, "telegram", b"hello", "--secret", "s", "--header", header)
    assert (shown["accepted"], shown["reason"]) == (False, "The body is not a JSON object.")


def test_settings_of_the_connection_and_the_path_below_count(tmp_path: Path):
    body = escaped(said())
    shown = parse(tmp_path, "chatwoot", body, "--setting", "account_id=4")
    assert shown["reason"] == "no secret is set"
    assert shown["messages"] == []
    shown = parse(tmp_path, "chatwoot", body, "--secret", "s", "--below", "s", "--setting", "unsigned=true")
    assert shown["accepted"]
    named = update(text="/help@shop_helper_bot", chat={"id": -5, "type": "group"})
    named["message"]["entities"] = [{"type": "bot_command", "offset": 0, "length": 21}]
    for bot, answered in (("shop_helper_bot", True), ("another_bot", False)):
        setting = f"bot_username={bot}"
        (message,) = parse(tmp_path, "telegram", escaped(named), "--setting", setting)["messages"]
        assert message["expects_answer"] is answered


@pytest.mark.parametrize(
    ("options", "said_of_it"),
    [(["--header", "nonsense"], "--header"), (["--setting", "nonsense"], "--setting")],
)
def test_an_option_that_does_not_fit_is_said(tmp_path: Path, options: list[str], said_of_it: str):
    file = tmp_path / "body.json"
    file.write_bytes(b"{}")
    run = CliRunner().invoke(app, ["channels", "parse", "telegram", str(file), *options])
    assert run.exit_code == 2
    assert said_of_it in run.output
    assert CliRunner().invoke(app, ["channels", "parse", "pigeon", str(file)]).exit_code == 2
