"""`parley standins` as somebody starts it."""

import asyncio
import json
import signal
import sys

import httpx
from typer.testing import CliRunner

from cli.main import app


async def test_every_platform_is_played_on_one_address() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "standins", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            ready = json.loads(await process.stdout.readline())
        async with httpx.AsyncClient(trust_env=False) as client:
            platforms = (await client.get(f"{ready['url']}/_control")).json()["platforms"]
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    assert {"telegram", "whatsapp", "postmark", "chatwoot"} <= set(platforms)
    assert process.returncode == 0


def test_what_makes_no_sense_is_said() -> None:
    result = CliRunner().invoke(app, ["standins", "--speed-up", "0"])
    assert result.exit_code == 2
    assert "speed-up" in result.output
