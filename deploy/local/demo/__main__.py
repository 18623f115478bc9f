"""`make demo`: one conversation and its timeline, on the running stack, or on one started for it."""

import asyncio
import os
import random
import sys

import httpx

from deploy.local.demo.load import BOT_ID, load_demo
from deploy.local.demo.play import play
from deploy.local.demo.timeline import StepFailedError
from deploy.local.errors import LocalStackError
from deploy.local.ports import LocalPorts
from deploy.local.processes import ROOT
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient


async def _running(stack: LocalStack) -> bool:
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            answer = await http.get(f"{stack.gateway_url}/readyz")
            known = await http.get(f"{stack.standins_url}/_control")
    except httpx.HTTPError:
        return False
    return answer.is_success and known.is_success and "checks" in answer.text


async def _play(stack: LocalStack) -> None:
    visitor = random.SystemRandom().randrange(10_000_000, 2_000_000_000)
    async with StandinClient(stack.standins_url) as standin:
        timeline = await play(stack.gateway_url, standin.telegram_bot(BOT_ID), visitor)
    sys.stdout.write(f"\nEvery one of {timeline.steps} steps was seen from outside.\n")


async def _main() -> int:
    stack = LocalStack(ROOT / "var", LocalPorts.from_environment(os.environ))
    try:
        if await _running(stack):
            await _play(stack)
            return 0
        sys.stdout.write("Nothing runs yet: starting a stack for the demo …\n")
        async with stack:
            await load_demo(stack)
            await _play(stack)
    except (StepFailedError, LocalStackError) as error:
        sys.stdout.write(f"\nThe demo failed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
