"""Each agent's notification settings, and the handoff that tells them."""

from deploy.local.demo import account
from tests.e2e.parley import Parley, new_chat

ANA, BEN = account.PEOPLE[0], account.PEOPLE[1]
PATH = "/app/me/notification-settings"
CHIME = {"sound_url": "/sounds/handoff.mp3", "volume": 0.6}


async def test_a_handoff_says_to_each_agent_how_they_want_to_hear_of_it(parley: Parley) -> None:
    quiet = {"desktop": True, "sound": False}
    loud = {"desktop": True, "sound": True}
    async with parley.console(ANA, 0) as ana, parley.console(BEN, 1) as ben:
        assert await ana.request("PUT", PATH, quiet) == quiet
        assert await ben.request("PUT", PATH, loud) == loud
        assert await ana.request("GET", PATH) == quiet
        chat = new_chat()
        await parley.bot.write(chat, "I want to talk to a human", wait=True)
        row = None
        while row is None:
            row = await parley.conversation_of(ana, chat)
        for console, wanted in ((ana, quiet), (ben, loud)):
            frame = await console.frame("handoff", lambda one: one["conversation_id"] == row["id"])
            assert frame["settings"] == {**wanted, **CHIME}
        await ana.request("PUT", PATH, loud)
