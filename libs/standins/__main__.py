"""``python -m libs.standins --port N``: the stand-ins as a process of their own.

Prints one line of JSON with its address when ready. SIGTERM and SIGINT stop it within two seconds.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from typing import Any

import uvloop

from libs.standins.app import StandinApp
from libs.standins.chatwoot import ChatwootStandin
from libs.standins.journal import DEFAULT_KEEP
from libs.standins.model import ModelStandin
from libs.standins.postmark import PostmarkStandin
from libs.standins.server import serving
from libs.standins.telegram import TelegramStandin
from libs.standins.whatsapp import WhatsAppStandin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m libs.standins", description="Stand-in platforms.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument(
        "--speed-up", type=float, default=1.0, help="divides pauses and lifetimes of redelivery (default: 1)"
    )
    parser.add_argument(
        "--keep", type=int, default=DEFAULT_KEEP, help="entries each journal holds (default: %(default)s)"
    )
    return parser.parse_args()


async def _run(host: str, port: int, speed_up: float, keep: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    options: dict[str, Any] = {"speed_up": speed_up, "keep": keep}
    app = StandinApp(
        [
            TelegramStandin(**options),
            WhatsAppStandin(**options),
            PostmarkStandin(**options),
            ChatwootStandin(**options),
            ModelStandin(keep=keep),
        ]
    )
    async with serving(app, host=host, port=port) as base_url:
        sys.stdout.write(json.dumps({"event": "ready", "url": base_url}) + "\n")
        sys.stdout.flush()
        await stop.wait()
        await app.close()


def serve(*, host: str, port: int, speed_up: float, keep: int) -> int:
    """Serve every stand-in until told to stop. 1 when the address is taken."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(host, port, speed_up, keep))
    except OSError as error:
        sys.stderr.write(f"cannot listen on {host}:{port}: {error.strerror or error}\n")
        return 1
    return 0


def main() -> int:
    """Read the command line and serve."""
    given = _arguments()
    return serve(host=given.host, port=given.port, speed_up=given.speed_up, keep=given.keep)


if __name__ == "__main__":
    sys.exit(main())
