"""One conversation, from a webhook to its close. Everything is seen from outside: over HTTP, WebSocket and at
the stand-in platform. Ends without an error only when every step was seen.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole, JsonObject
from deploy.local.demo.timeline import StepFailedError, Timeline
from libs.standins.telegram.client import TelegramBotClient

#: Seconds within which a step has to be seen.
_LIMIT = 20.0
_LOOK = 0.02

QUESTION = "How long does delivery take?"
WISH = "Can I talk to a real person please?"
REPLY = "Hi Mira, this is Ana. I have put your parcel on today's van."
SECOND_QUESTION = "How do I descale my kettle?"


async def play(gateway: str, bot: TelegramBotClient, visitor: int) -> Timeline:
    """Play it for one Telegram user; the timeline. Raises StepFailedError."""
    ana, ben, caro = (AgentConsole(gateway, person) for person in account.PEOPLE[:3])
    async with ana, ben, caro:
        timeline = Timeline()
        scene = _Scene(timeline, bot, visitor, ana, ben)
        timeline.title("A visitor writes, the AI answers")
        await scene.question(QUESTION, "a first question")
        await scene.stored()
        await scene.answered()
        timeline.title("The visitor wants a person")
        await scene.asks_for_person()
        timeline.title("An agent answers")
        await scene.agent_replies()
        timeline.title("Back to the AI, and closed")
        await scene.returned()
        await scene.question(SECOND_QUESTION, "another question")
        await scene.answered()
        await scene.closed()
    return timeline


class _Scene:
    def __init__(
        self, timeline: Timeline, bot: TelegramBotClient, visitor: int, ana: AgentConsole, ben: AgentConsole
    ) -> None:
        self._timeline = timeline
        self._bot = bot
        self._visitor = visitor
        self._ana = ana
        self._ben = ben
        self._seen = 0
        self._conversation: JsonObject = {}

    @property
    def _path(self) -> str:
        return f"/app/chatbots/{account.CHATBOT_ID}/conversations/{self._conversation['id']}"

    async def question(self, text: str, what: str) -> None:
        delivery = await self._bot.write(
            self._visitor, text, from_={"id": self._visitor, "is_bot": False, "first_name": "Mira"}, wait=True
        )
        if delivery["state"] != "acked":
            raise StepFailedError(f"the webhook was not accepted: {delivery}")
        latency = delivery["latency_ms"]
        self._timeline.seen("Telegram", f"webhook with {what}, accepted in {latency:.0f} ms", text)

    async def stored(self) -> None:
        async def find() -> JsonObject | None:
            page = await self._ana.request("GET", "/api/v1/conversations?page_size=100")
            mine = (row for row in page["items"] if row["session_id"] == f"tg:{self._visitor}")
            return next(mine, None)

        self._conversation = await _seen(find, "the conversation in the agents' list")
        for console in (self._ana, self._ben):
            await console.subscribe(f"chat:{self._conversation['session_id']}")
        self._timeline.seen(
            "gateway", f"conversation {self._conversation['id'][:13]}… is in the agents' list"
        )

    async def answered(self) -> None:
        message = await self._telegram_message()
        self._timeline.seen("Telegram", "accepted the AI's answer", message["text"])

        async def cited() -> str | None:
            thread = await self._ana.request("GET", f"/api/v1/conversations/{self._conversation['id']}")
            answers = [
                one for one in thread["messages"] if one["is_ai"] and one["content"] == message["text"]
            ]
            citations = answers[-1]["citations"] if answers else []
            return citations[0]["title"] if citations else None

        title = await _seen(cited, "the answer with its citation in the thread")
        self._timeline.seen("gateway", f"the thread has the answer, with its source: {title}")

    async def asks_for_person(self) -> None:
        await self.question(WISH, "a wish")
        frame = await self._ana.frame("handoff", self._is_mine)
        self._timeline.seen(
            "Ana's WebSocket", f"handoff, reason {frame['reason']}", frame["notification"]["title"]
        )
        await self._ben.frame("handoff", self._is_mine)
        message = await self._telegram_message()
        self._timeline.seen("Telegram", "the visitor is told", message["text"])

    def _is_mine(self, frame: JsonObject) -> bool:
        return bool(frame["conversation_id"] == self._conversation["id"])

    async def agent_replies(self) -> None:
        created = await self._ana.request("POST", f"{self._path}/replies", {"content": REPLY})
        self._timeline.seen("Ana", f"replied over REST, message {created['id'][:13]}…", REPLY)
        frame = await self._ben.frame("agent_message", lambda one: one["message_id"] == created["id"])
        self._timeline.seen("Ben's WebSocket", f"agent_message from {frame['agent_name']}")
        message = await self._telegram_message()
        if message["text"] != REPLY:
            raise StepFailedError("Telegram got something else than the reply")
        self._timeline.seen("Telegram", "accepted the reply")

    async def returned(self) -> None:
        answer = await self._ana.request("PUT", f"{self._path}/status", {"status": "active"})
        self._timeline.seen("Ana", f"PUT status: {answer['message']}")
        await self._ben.frame("handoff_ended")
        self._timeline.seen("Ben's WebSocket", "handoff_ended")

    async def closed(self) -> None:
        answer = await self._ana.request("PUT", f"{self._path}/status", {"status": "closed"})
        self._timeline.seen("Ana", f"PUT status: {answer['message']}")
        await self._ben.frame("conversation:closed", self._is_mine)
        self._timeline.seen("Ben's WebSocket", "conversation:closed")

    async def _telegram_message(self) -> JsonObject:
        try:
            found = await self._bot.wait_for_messages(
                1, chat_id=self._visitor, after=self._seen, seconds=_LIMIT
            )
        except TimeoutError as error:
            raise StepFailedError("Telegram was not asked to send anything") from error
        self._seen = found[0]["seq"]
        return found[0]


async def _seen(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    deadline = monotonic() + _LIMIT
    while monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(_LOOK)
    raise StepFailedError(f"not seen within {_LIMIT:g} s: {what}")
