"""Waiting until a child process listens on a port."""

import asyncio

from deploy.local.child import ChildProcess
from deploy.local.errors import ChildDiedError, NotReadyError

_POLL_SECONDS = 0.03


async def until_listening(child: ChildProcess, port: int, limit: float) -> None:
    """Wait until 127.0.0.1:`port` accepts connections.

    Clients log errors, or wait before they try again, when they come earlier. ChildDiedError when the process
    ends first, NotReadyError after `limit` seconds; both carry the end of its log.
    """
    try:
        async with asyncio.timeout(limit):
            while child.running:
                if await _listens(port):
                    return
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise NotReadyError(child.report(f"did not listen on port {port} after {limit:g} s")) from None
    raise ChildDiedError(child.report(f"ended with code {child.returncode} before it was ready"))


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
