"""Mails from the webhook to the thread, and what becomes of an answer: over HTTP and the WebSocket alone."""

import json
from base64 import b64encode
from typing import Any

import httpx

from deploy.local.demo import account
from libs.contracts import topology
from libs.contracts.base import SYSTEM
from libs.contracts.delivery import ConnectChannel
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox, decode_key
from libs.runtime.ids import new_id
from libs.runtime.rpc import RpcClient
from tests.e2e.parley import Parley, eventually

CONNECTION = f"conn-mail-{new_id()}"
SECRET = "let-me-in-to-the-mailbox"


async def connect(parley: Parley) -> None:
    """A mailbox whose provider is not there: what it would tell of our mails, we post ourselves."""
    rpc = RpcClient(parley.stack.rabbitmq_url, "mail-test")
    box = SealedBox(decode_key(parley.stack.secrets.secret_key))
    credentials = json.dumps({"token": "00000000-token", "webhook_secret": SECRET}).encode()
    command = ConnectChannel(
        actor=SYSTEM,
        connection_id=CONNECTION,
        chatbot_id=account.CHATBOT_ID,
        channel=Channel.EMAIL,
        settings={"from_email": "help@desk.test", "api_base_url": "http://127.0.0.1:1"},
        sealed_credentials=box.seal(credentials, context=f"connect:{CONNECTION}"),
    )
    try:
        await rpc.command(
            command,
            exchange=topology.DELIVERY_COMMANDS,
            routing_key=command.type,
            account_id=account.ACCOUNT_ID,
            id=new_id(),
        )
    finally:
        await rpc.close()


async def posted(parley: Parley, body: dict[str, Any], password: str = SECRET) -> httpx.Response:
    basic = b64encode(f"postmark:{password}".encode()).decode()
    address = f"{parley.gateways[0]}/webhooks/email/{CONNECTION}"
    return await parley.http.post(address, json=body, headers={"Authorization": f"Basic {basic}"})


def mail(number: int, text: str, *, references: str = "") -> dict[str, Any]:
    headers = {"Message-ID": f"<m{number}.{CONNECTION}@sample.test>", "References": references}
    return {
        "MessageID": f"{CONNECTION}-{number}",
        "FromFull": {"Email": "Jo@sample.test", "Name": "Jo Wren"},
        "OriginalRecipient": "help@desk.test",
        "Subject": "A kettle",
        "TextBody": f"{text}\n\nOn Mon, Desk wrote:\n> old",
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items() if value],
        "Attachments": [{"Name": "lid.png", "ContentType": "image/png", "ContentLength": 8}],
    }


async def test_a_mail_its_answer_and_what_became_of_it(parley: Parley) -> None:
    await connect(parley)
    assert (await posted(parley, mail(1, "forged"), "wrong")).status_code == 401
    for _ in range(2):
        assert (await posted(parley, mail(1, "Is the lid sold alone?"))).status_code == 200
    session = f"email:m1.{CONNECTION}@sample.test"
    async with parley.console() as admin:

        async def row() -> dict[str, Any] | None:
            page = await admin.request("GET", "/api/v1/conversations?channel=email")
            return next((one for one in page["items"] if one["session_id"] == session), None)

        conversation_id = (await eventually(row, "the mail's conversation"))["id"]
        again = mail(2, "Anybody?", references=f"<m1.{CONNECTION}@sample.test>")
        assert (await posted(parley, again)).status_code == 200
        path = f"/api/v1/conversations/{conversation_id}"
        answer = await parley.http.post(
            f"{parley.gateways[0]}{path}/reply",
            json={"body": "Yes."},
            headers={"Authorization": f"Bearer {admin.token}", "Prefer": "respond-async"},
        )
        assert answer.status_code in {202, 502}, answer.text

        async def ours() -> dict[str, Any] | None:
            thread = await admin.request("GET", path)
            sent = [one for one in thread["messages"] if one["content"] == "Yes."]
            theirs = [one["content"] for one in thread["messages"] if one["sender"]["kind"] == "contact"]
            assert set(theirs) <= {"Is the lid sold alone?", "Anybody?"}
            done = sent and sent[0]["delivery"] != "queued" and len(theirs) == 2
            return sent[0] if done else None

        message = await eventually(ours, "our answer, given up")
        event = {
            "MessageID": "postmark-guid",
            "Recipient": "jo@sample.test",
            "Metadata": {"mid": message["id"]},
            "ReceivedAt": "2026-11-28T10:00:00Z",
        }
        for kind in ("Open", "Delivery"):
            assert (await posted(parley, event | {"RecordType": kind})).status_code == 200

        async def read() -> dict[str, Any] | None:
            thread = await admin.request("GET", path)
            found = next(one for one in thread["messages"] if one["id"] == message["id"])
            return found if len(found["receipts"]) == 2 else None

        found = await eventually(read, "both receipts")
    assert (found["delivery"], {one["kind"] for one in found["receipts"]}) == (
        "read",
        {"opened", "delivered"},
    )
