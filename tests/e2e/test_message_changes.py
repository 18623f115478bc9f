"""What people do to their messages afterwards, threads that move, and two first messages at once."""

import asyncio
from typing import Any

import pytest

from deploy.local.demo.console import AgentConsole
from tests.e2e.parley import Parley, eventually, new_chat
from tests.e2e.test_channels import CHATWOOT, EMAIL, WHATSAPP, connected


async def test_an_edit_and_a_reaction_are_seen_on_the_message(parley: Parley) -> None:
    chat = new_chat()
    await parley.known_chat(chat)
    written = await parley.bot.write(chat, "Is the blue kettle there?", wait=True)
    message_id = written["message_id"]
    await parley.bot.edit(chat, message_id, text="Is the green kettle there?", wait=True)
    reaction = {
        "chat": {"id": chat, "type": "private", "first_name": "Mira"},
        "message_id": message_id,
        "user": {"id": chat, "is_bot": False, "first_name": "Mira"},
        "date": 1_786_000_000,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "🔥"}],
    }
    await parley.bot.send_update({"message_reaction": reaction}, wait=True)
    async with parley.console() as admin:
        row = await eventually(lambda: parley.conversation_of(admin, chat), "the conversation")

        async def changed() -> bool:
            first = (await parley.thread(admin, row["id"]))["messages"][0]
            emoji = [one["emoji"] for one in first["reactions"]]
            return (first["content"], emoji) == ("Is the green kettle there?", ["🔥"])

        await eventually(changed, "the edit and the reaction")


async def test_a_group_that_moves_keeps_its_conversation(parley: Parley) -> None:
    old, new = -(new_chat() % 10**9) - 1, -1_002_000_000_000 - new_chat() % 10**9
    ola = {"id": new_chat(), "is_bot": False, "first_name": "Ola"}
    await parley.bot.add_chat(old, type="group", title="Old room")
    await parley.bot.write(old, "Anybody?", from_=ola, wait=True)
    async with parley.console() as admin:
        row = await eventually(lambda: parley.conversation_of(admin, old), "the group's conversation")
        await parley.bot.migrate(old, new, sender=ola)

        async def moved() -> bool:
            thread = await parley.thread(admin, row["id"])
            return bool(thread["conversation"]["target"] == str(new))

        await eventually(moved, "the new address")
        await parley.bot.write(new, "Still there?", from_=ola, wait=True)

        async def both() -> bool:
            messages = (await parley.thread(admin, row["id"]))["messages"]
            return [one["content"] for one in messages] == ["Anybody?", "Still there?"]

        await eventually(both, "the message from the new chat in the old conversation")


def two_first(channel: str, number: int, texts: tuple[str, str]) -> list[dict[str, Any]]:
    """Two first messages of one person, as the stand-in's people write them."""
    if channel == "whatsapp":
        return [{"from": f"4915{number % 10**9}", "text": text, "name": "Zed"} for text in texts]
    mail = {"from": f"zed-{number}@x.test", "name": "Zed", "to": "help@kettle.test", "subject": "Two"}
    root = f"<root-{number}@x.test>"
    return [
        mail | {"text": texts[0], "message_id": root},
        mail | {"text": texts[1], "message_id": f"<second-{number}@x.test>", "references": root},
    ]


@pytest.mark.parametrize("case", [WHATSAPP, EMAIL, CHATWOOT], ids=lambda case: str(case.channel))
async def test_two_first_messages_at_once_are_one_conversation_with_one_contact(
    parley: Parley, case: Any
) -> None:
    party, number = await connected(parley, case), new_chat()
    texts = (f"one {number}", f"two {number}")
    if case is CHATWOOT:
        first = await party.act("messages", text=texts[0], name=f"Zed {number}")
        bodies = [{"text": texts[1], "conversation_id": first["conversation_id"]}]
    else:
        bodies = two_first(str(case.channel), number, texts)
    await asyncio.gather(*(party.act(case.action, wait=True, **body) for body in bodies))
    async with parley.console() as admin:

        async def theirs() -> list[dict[str, Any]] | None:
            found = await rows_with(admin, str(case.channel), set(texts), parley)
            return found if sum(len(one["messages"]) for one in found) >= 2 else None

        found = await eventually(theirs, "both messages")
        assert len(found) == 1
        said = [one for one in found[0]["messages"] if one["direction"] == "inbound"]
        assert sorted(one["content"] for one in said) == list(texts)
        assert len({one["sender"]["id"] for one in said}) == 1


async def rows_with(
    console: AgentConsole, channel: str, texts: set[str], parley: Parley
) -> list[dict[str, Any]]:
    """The newest threads of a channel that hold any of these texts."""
    page = await console.request("GET", f"/api/v1/conversations?channel={channel}&page_size=5")
    threads = [await parley.thread(console, row["id"]) for row in page["items"]]
    return [one for one in threads if texts & {said["content"] for said in one["messages"]}]
