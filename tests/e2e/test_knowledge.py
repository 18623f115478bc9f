"""A chatbot's knowledge from outside: put in, asked about, taken away."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_suggestions import call, new_conversation, suggestion
from tests.patience import PATIENCE

CHATBOT = ("--account", account.ACCOUNT_ID, "--chatbot", account.CHATBOT_ID)


async def kb(parley: Parley, *arguments: str) -> tuple[int, str]:
    """Run `parley kb`, as an operator would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.main",
        "kb",
        *arguments,
        env={
            **os.environ,
            "RABBITMQ_URL": parley.stack.rabbitmq_url,
            "MONGODB_URL": parley.stack.mongodb_url,
            **{key: value for key, value in parley.stack.extra_env.items() if key.startswith("PARLEY_")},
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60 * PATIENCE):
        out, err = await process.communicate()
    return process.returncode or 0, (out + err).decode()


async def test_an_operator_adds_lists_shows_and_removes_documents(parley: Parley, tmp_path: Path) -> None:
    questions = tmp_path / "Samovar FAQ.csv"
    questions.write_text("question,answer\nHow do I clean a samovar?,With lemon juice and patience.\n")
    page = tmp_path / "samovar.html"
    page.write_text("<title>Samovars</title><h1>Sizes</h1><p>A samovar holds seven litres.</p>")

    code, said = await kb(parley, "add", str(questions), str(page), *CHATBOT)
    assert (code, "2 added, 0 not" in said) == (0, True), said
    chat = new_chat()
    await parley.bot.write(chat, "How do I clean a samovar?", wait=True)
    answer = await eventually(lambda: parley.sent_to(chat), "the answer")
    assert answer[0]["text"] == "With lemon juice and patience."

    _, listed = await kb(parley, "list", *CHATBOT, "--json")
    by_id = {one["id"]: one for one in json.loads(listed)}
    assert by_id["doc-samovar"]["title"] == "Samovars"
    assert by_id["doc-samovar-faq"]["visibility"] == "public"
    _, shown = await kb(parley, "show", "doc-samovar", *CHATBOT)
    assert "# Sizes\n\nA samovar holds seven litres." in shown
    _, status = await kb(parley, "status", *CHATBOT, "--json")
    found = json.loads(status)
    assert (found["engine"], found["to_index"]) == ("qdrant-edge", 0)
    assert found["documents"] >= len(by_id)

    assert (await kb(parley, "reindex"))[0] == 0

    address = f"{parley.gateways[0]}/api/v1/chatbots/{account.CHATBOT_ID}/knowledge"
    async with parley.console() as admin:
        token = {"Authorization": f"Bearer {admin.token}"}

        async def renewed() -> bool:
            now = (await parley.http.get(address, headers=token)).json()
            assert now["chunks"] == found["chunks"]
            return bool(now["generation"] > found["generation"])

        await eventually(renewed, "another generation", limit=40.0)

    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7")
    code, said = await kb(parley, "add", str(broken), *CHATBOT)
    assert (code, "broken.pdf: the file cannot be read" in said) == (1, True)
    code, said = await kb(parley, "remove", "doc-samovar", "doc-samovar-faq", "doc-nowhere", *CHATBOT)
    assert (code, "2 removed, 1 not" in said) == (1, True)
    assert (await kb(parley, "show", "doc-samovar", *CHATBOT))[0] == 1


async def test_an_administrator_uploads_replaces_and_removes_a_document(parley: Parley) -> None:
    documents = f"{parley.gateways[0]}/api/v1/chatbots/{account.CHATBOT_ID}/documents"
    other = f"{parley.gateways[1]}/api/v1/chatbots/{account.CHATBOT_ID}"
    async with parley.console() as admin:
        token = {"Authorization": f"Bearer {admin.token}"}
        markdown = {**token, "Content-Type": "text/markdown"}
        put = await parley.http.put(
            f"{documents}/teaspoon", content=b"# Teaspoons\n\nA teaspoon holds 5 ml.", headers=markdown
        )
        assert (put.status_code, put.json()["title"], put.json()["state"]) == (200, "Teaspoons", "indexed")

        async def known() -> bool:  # by whichever replica answers
            chat = new_chat()
            await parley.bot.write(chat, "How many ml does a teaspoon hold?", wait=True)
            answer = await eventually(lambda: parley.sent_to(chat), "the answer")
            return bool(answer[0]["text"] == "A teaspoon holds 5 ml.")

        await eventually(known, "the answer from the document")

        plain = {**token, "Content-Type": "application/octet-stream"}
        spoon = await parley.http.put(
            f"{documents}/spoon?format=text", content=b"A spoon is a spoon.", headers=plain
        )
        assert spoon.status_code == 200, spoon.text
        nothing = await parley.http.put(f"{documents}/spoon", content=b"What is it?", headers=plain)
        assert nothing.status_code == 415
        assert (await parley.http.delete(f"{documents}/spoon", headers=token)).status_code == 200

        # Internal from now on: found for agents, told to nobody.
        hidden = await parley.http.put(
            f"{documents}/teaspoon?visibility=internal", content=b"A teaspoon holds 6 ml.", headers=markdown
        )
        assert hidden.json()["revision"] > put.json()["revision"]

        async def followed() -> bool:
            found = await parley.http.get(f"{other}/documents/teaspoon", headers=token)
            return bool(found.json()["visibility"] == "internal" and found.json()["state"] == "indexed")

        await eventually(followed, "the other replicas' index")

        async def kept() -> bool:  # by whichever replica answers
            chat = new_chat()
            await parley.bot.write(chat, "How many ml does a teaspoon hold?", wait=True)
            answer = await eventually(lambda: parley.sent_to(chat), "an answer")
            return "ml" not in answer[0]["text"]

        await eventually(kept, "no answer from the document")

        for content_type, body, status in (
            ("application/pdf", b"GIF89a", 422),
            ("image/png", b"x", 415),
        ):
            refused = await parley.http.post(
                documents, content=body, headers={**token, "Content-Type": content_type}
            )
            assert refused.status_code == status
        status = (await parley.http.get(f"{other}/knowledge", headers=token)).json()
        assert (status["state"], status["embedding"]) == ("ready", None)
        gone = await parley.http.delete(f"{documents}/teaspoon", headers=token)
        assert (gone.status_code, gone.json()["visibility"]) == (200, "internal")
        again = await parley.http.delete(f"{documents}/teaspoon", headers=token)
        assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_what_was_learnt_is_seen_revoked_and_approved(parley: Parley) -> None:
    chatbot = f"{parley.gateways[1]}/api/v1/chatbots/{account.CHATBOT_ID}"
    async with parley.console(account.PEOPLE[0]) as ana, parley.console() as admin:
        chat, asked = new_chat(), "How long until a parcel with saucepans gets to my village?"
        one, message = await new_conversation(parley, ana, chat, asked)
        proposed = await suggestion(parley, ana, one, message)
        document = proposed["citations"][0]["document_id"]
        sent = await call(parley, ana, "POST", f"{one}/approve", {"suggestion_id": proposed["id"]})
        assert sent.status_code == 200, sent.text
        token = {"Authorization": f"Bearer {admin.token}"}

        async def learnt() -> Any:
            found = await parley.http.get(f"{chatbot}/phrasings?page_size=100", headers=token)
            mine = [item for item in found.json()["items"] if item["question"] == asked]
            return mine[0] if mine else None

        phrasing = await eventually(learnt, "the phrasing")
        assert (phrasing["document_id"], phrasing["state"]) == (document, "learnt")
        about = f"{chatbot}/documents/{document}/phrasings/{phrasing['id']}"
        revoked = await parley.http.post(f"{about}/revoke", headers=token)
        assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked"), revoked.text
        path = f"{document}/{phrasing['id']}"
        assert (await kb(parley, "approve-phrasing", path, *CHATBOT))[0] == 0
        _, listed = await kb(parley, "phrasings", "--state", "approved", *CHATBOT, "--json")
        assert phrasing["id"] in {row["id"] for row in json.loads(listed)}
        assert (await parley.http.post(f"{about}x/revoke", headers=token)).status_code == 404
        _, learning = await kb(parley, "learning", *CHATBOT, "--json")
        seen = json.loads(learning)
        assert seen["suggestions"]["approved"] >= 1
        assert seen["in_favour"] >= 1
        assert (await parley.http.get(f"{chatbot}/learning", headers=token)).status_code == 200
        refused = {"Authorization": f"Bearer {ana.token}"}
        assert (await parley.http.get(f"{chatbot}/phrasings", headers=refused)).status_code == 403
