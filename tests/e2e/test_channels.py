"""Each further channel from its webhook to its platform: the AI's answer, an agent's reply, a refusal."""

from dataclasses import dataclass
from typing import Any

import pytest

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole
from deploy.local.demo.seed import Seeder
from libs.contracts.vocabulary import Channel
from libs.standins.party_client import PartyClient
from tests.e2e.parley import Parley, eventually

ANA = account.PEOPLE[0]
QUESTION = "How long does delivery take?"
INES, JO, HELP = "351910000001", "jo@sample.test", "help@kettle.test"
SECRET = "channel-webhook-secret"


@dataclass(frozen=True)
class Case:
    """One channel: what its stand-in and its connection need, and how somebody writes there."""

    channel: Channel
    platform: str
    party: dict[str, Any]
    credentials: dict[str, str]
    settings: dict[str, Any]
    action: str
    question: dict[str, Any]

    @property
    def connection(self) -> str:
        return f"conn-{self.channel}"


WHATSAPP = Case(
    Channel.WHATSAPP,
    "whatsapp",
    {"phone_number_id": "70001", "token": "EAAG-e2e", "app_secret": SECRET, "verify_token": "verify-me"},
    {"token": "EAAG-e2e", "app_secret": SECRET, "verify_token": "verify-me"},
    {"phone_number_id": "70001"},
    "messages",
    {"from": INES, "text": QUESTION, "name": "Ines"},
)
EMAIL = Case(
    Channel.EMAIL,
    "postmark",
    {"server_id": 77, "token": "postmark-e2e", "senders": ["kettle.test"]},
    {"token": "postmark-e2e", "webhook_secret": SECRET},
    {"from_email": HELP, "from_name": "Kettle"},
    "mails",
    {
        "from": JO,
        "name": "Jo",
        "to": HELP,
        "subject": "My order",
        "text": QUESTION,
        "message_id": "<j1@sample.test>",
    },
)
CHATWOOT = Case(
    Channel.CHATWOOT,
    "chatwoot",
    {"account_id": 3, "token": "chatwoot-e2e", "secret": SECRET},
    {"token": "chatwoot-e2e", "webhook_secret": SECRET},
    {"account_id": "3", "inbox_id": "12"},
    "messages",
    {"text": QUESTION, "name": "Jo", "email": JO},
)
BASES = {"whatsapp": "/graph", "postmark": "/postmark", "chatwoot": "/chatwoot/"}


async def connected(parley: Parley, case: Case) -> PartyClient:
    """The stand-in's party and our connection to it, each knowing of the other."""
    hook = f"{parley.gateways[0]}/webhooks/{case.channel}/{case.connection}"
    hooks = {"webhook_url": hook}
    if case.platform == "postmark":
        with_user = hook.replace("http://", f"http://parley:{SECRET}@")
        hooks = {"inbound_url": with_user, "tracking_url": with_user}
    party = await parley.standin.register(case.platform, **case.party, **hooks)
    seeder = Seeder(parley.stack.rabbitmq_url, parley.stack.secrets.key_bytes)
    try:
        settings = {**case.settings, "api_base_url": f"{parley.stack.standins_url}{BASES[case.platform]}"}
        await seeder.connect(case.connection, case.channel, case.connection, settings, case.credentials)
    finally:
        await seeder.close()
    return party


async def conversation_on(console: AgentConsole, channel: Channel) -> dict[str, Any]:
    async def newest() -> dict[str, Any] | None:
        page = await console.request("GET", f"/api/v1/conversations?channel={channel}&page_size=1")
        return dict(page["items"][0]) if page["items"] else None

    found = await eventually(newest, "the conversation")
    assert found is not None
    return found


@pytest.mark.parametrize("case", [WHATSAPP, EMAIL, CHATWOOT], ids=lambda case: str(case.channel))
async def test_a_question_is_answered_and_an_agent_s_reply_goes_out(parley: Parley, case: Case) -> None:
    party = await connected(parley, case)
    before = await party.sent()
    after = before[-1]["seq"] if before else 0
    written = await party.act(case.action, wait=True, **case.question)
    assert (written["state"], written["status"]) == ("acked", 200)
    # Other tests write over the same connections.
    theirs = str(written["conversation_id"] if case.channel is Channel.CHATWOOT else case.question["from"])
    [answer] = await party.wait_for_sent(1, recipient=theirs, after=after, seconds=20)
    assert "days" in answer["text"]

    async with parley.console(ANA) as ana:
        row = await conversation_on(ana, case.channel)
        assert row["contact"]["name"] in {"Ines", "Jo"}
        path = f"/api/v1/conversations/{row['id']}"
        headers = {"Authorization": f"Bearer {ana.token}", "Prefer": "wait=20"}
        sent = await parley.http.post(
            f"{parley.gateways[1]}{path}/reply", json={"body": "This is Ana."}, headers=headers
        )
        assert (sent.status_code, sent.json()["accepted"]) == (200, True), sent.text
        reply = (await party.wait_for_sent(2, recipient=theirs, after=after))[-1]
        assert reply["text"] == "This is Ana."
        CHECKS[case.channel](answer, reply, row)
        await eventually(lambda: delivered(parley, ana, row["id"], case.channel), "the receipts")

        if case.channel is Channel.CHATWOOT:
            await party.add_fault("conversation_gone", times=1)
        else:
            await party.add_fault("error", code=131026 if case.channel is Channel.WHATSAPP else 406, times=1)
        refused = await parley.http.post(
            f"{parley.gateways[0]}{path}/reply", json={"body": "Once more."}, headers=headers
        )
        assert (refused.status_code, refused.json()["code"]) == (502, "channel_refused"), refused.text
        thread = await parley.thread(ana, row["id"])
        assert thread["messages"][-1]["delivery_error"] == REFUSALS[case.channel]


async def delivered(parley: Parley, console: AgentConsole, conversation_id: str, channel: Channel) -> bool:
    """Whether the platform's receipts for both messages have arrived (Chatwoot gives none by itself)."""
    thread = await parley.thread(console, conversation_id)
    states = {one["delivery"] for one in thread["messages"] if one["direction"] == "outbound"}
    return states == ({"sent"} if channel is Channel.CHATWOOT else {"delivered"})


REFUSALS = {
    Channel.WHATSAPP: "recipient_unreachable",
    Channel.EMAIL: "recipient_inactive",
    Channel.CHATWOOT: "conversation_missing",
}


def check_whatsapp(answer: dict[str, Any], reply: dict[str, Any], row: dict[str, Any]) -> None:
    assert answer["request"]["context"]["message_id"].startswith("wamid.IN")
    assert (reply["recipient"], row["session_id"]) == (INES, f"wa:{INES}")
    assert reply["request"]["biz_opaque_callback_data"]
    assert row["can_reply_until"]


def check_email(answer: dict[str, Any], reply: dict[str, Any], row: dict[str, Any]) -> None:
    headers = {one["Name"]: one["Value"] for one in reply["request"]["Headers"]}
    assert reply["recipient"] == JO
    assert reply["request"]["From"] == f"Kettle <{HELP}>"
    assert answer["request"]["ReplyTo"].startswith("help+")
    assert headers["Message-ID"].endswith(f".{row['id']}@kettle.test>")


def check_chatwoot(answer: dict[str, Any], reply: dict[str, Any], row: dict[str, Any]) -> None:
    assert reply["recipient"] == answer["recipient"]
    assert row["session_id"] == f"cw:3:{reply['recipient']}"


CHECKS = {
    Channel.WHATSAPP: check_whatsapp,
    Channel.EMAIL: check_email,
    Channel.CHATWOOT: check_chatwoot,
}


async def test_whatsapp_s_handshake_is_passed(parley: Parley) -> None:
    party = await connected(parley, WHATSAPP)
    assert (await parley.standin.call("POST", f"/whatsapp/{party.id}/handshake"))["passed"] is True
