"""`reply_p99_ms`: an agent's reply over REST until the frame on another agent's WebSocket."""

from functools import partial
from time import perf_counter

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole, JsonObject
from deploy.local.demo.load import BOT_ID
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient
from tests.bench.report import Row, at_most

COUNT = 300
CHAT = 77_000_001


def _is_reply(content: str, frame: JsonObject) -> bool:
    return bool(frame["content"] == content)


async def measure(stack: LocalStack) -> list[Row]:
    """The figure, one reply after the other."""
    ana = AgentConsole(stack.gateway_url, account.PEOPLE[0])
    ben = AgentConsole(stack.gateway_url, account.PEOPLE[1])
    async with StandinClient(stack.standins_url) as standin, ana, ben:
        await standin.telegram_bot(BOT_ID).write(CHAT, "I want to talk to a human", wait=True)
        handoff = await ben.frame("handoff")
        conversation = handoff["conversation_id"]
        await ben.subscribe(f"chat:tg:{CHAT}")
        path = f"/app/chatbots/{account.CHATBOT_ID}/conversations/{conversation}/replies"
        times = []
        for number in range(COUNT):
            begun = perf_counter()
            await ana.request("POST", path, {"content": f"reply {number}"})
            await ben.frame("agent_message", partial(_is_reply, f"reply {number}"))
            times.append((perf_counter() - begun) * 1000)
    times.sort()
    detail = f"{COUNT} replies one after the other, p50 {times[COUNT // 2]:.0f} ms"
    return [at_most("reply_p99_ms", times[int(COUNT * 0.99)], 100, detail=detail)]
