"""A stack of two chatbots whose models are at two endpoints, of which the demo's falls ill."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local.demo import account
from deploy.local.demo.load import load_demo
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient
from tests.e2e.conftest import LIMITS
from tests.e2e.parley import Parley

SICK_MODEL, WELL_MODEL = "reader-sick", "reader-well"
EMBEDDINGS = "text-embedding-3-small"
_OTHER_BOT = 990_055
_OTHER_TOKEN = f"{_OTHER_BOT}:token-of-the-other-bot-of-the-stand-in"
_TASKS = ["analyse", "rewrite", "answer", "draft", "improve"]


@dataclass(frozen=True)
class Seconds:
    """Time limits: of a model's call, of all that is tried for one answer, of the conversation's timer."""

    call: float = 8.0
    models: float = 18.0
    answer: float = 30.0


@dataclass(frozen=True)
class TwoChatbots:
    """`sick` is the demo's chatbot as tests see it, `well` the other one, on a bot of its own."""

    sick: Parley
    well: Parley
    seconds: Seconds


def _settings(standins: str, seconds: Seconds) -> dict[str, str]:
    routes = [
        {"tasks": _TASKS, "chatbots": [account.CHATBOT_ID], "models": [f"main/{SICK_MODEL}"]},
        {"tasks": _TASKS, "models": [f"second/{WELL_MODEL}"]},
    ]
    return {
        "AI_MODEL_BASE_URL": f"{standins}/v1",
        "AI_MODEL_API_KEY": "sk-of-the-stand-in",
        "AI_SECOND_BASE_URL": f"{standins}/v1",
        "AI_SECOND_API_KEY": "sk-of-the-stand-in",
        "AI_MODEL_ROUTES": json.dumps(routes),
        "AI_MODEL_CALL_SECONDS": str(seconds.call),
        "AI_MODEL_SECONDS": str(seconds.models),
        # Each fault is to be met, not the breaker of the one before.
        "AI_MODEL_PAUSE_SECONDS": "0.05",
        "CONVERSATION_ANSWER_SECONDS": str(seconds.answer),
    }


@asynccontextmanager
async def two_chatbots(
    folder: Path, broker_url: str, database_url: str, database_prefix: str, seconds: Seconds
) -> AsyncIterator[TwoChatbots]:
    """One replica of everything, on a virtual host and databases of the caller's."""
    stack = LocalStack(
        folder,
        broker_url=broker_url,
        database_url=database_url,
        extra_env={"PARLEY_DATABASE_PREFIX": database_prefix, **LIMITS},
    )
    stack.extra_env.update(_settings(stack.standins_url, seconds))
    async with (
        stack,
        StandinClient(stack.standins_url) as standin,
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
    ):
        await load_demo(stack, rate_per_second=1000, speed_up=20)
        sick, well = (Parley(stack, standin, http) for _ in range(2))
        await standin.register_telegram_bot(_OTHER_TOKEN, username="other_bot", first_name="Other")
        well.bot = standin.telegram_bot(_OTHER_BOT)
        await _add_the_other(well)
        yield TwoChatbots(sick, well, seconds)


async def _add_the_other(parley: Parley) -> None:
    async with parley.console() as admin:
        made = await admin.request("POST", "/api/v1/chatbots", {"name": "Other helper", "mode": "answer"})
        article = (account.KNOWLEDGE / "delivery.md").read_bytes()
        put = await parley.http.put(
            f"{parley.gateways[0]}/api/v1/chatbots/{made['id']}/documents/delivery",
            content=article,
            headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "text/markdown"},
        )
        assert put.json()["state"] == "indexed", put.text
        connection = {
            "chatbot_id": made["id"],
            "channel": "telegram",
            "name": "Other on Telegram",
            "settings": {"api_base_url": parley.stack.standins_url, "rate_per_second": 1000},
            "credentials": {"token": _OTHER_TOKEN},
        }
        await admin.request("POST", "/api/v1/connections", connection)
