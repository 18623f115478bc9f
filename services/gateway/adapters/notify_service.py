"""The notify service's kept frames, over the broker."""

from libs.contracts.notify import FramePage, FramesAfter
from libs.runtime.rpc import RpcClient


class NotifyFrames:
    """Frames of account topics by number."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def after(self, account_id: str, after: int, limit: int) -> FramePage:
        """Frames with higher numbers, the oldest first."""
        return await self._rpc.ask(
            FramesAfter(after=after, limit=limit), service="notify", account_id=account_id, answer=FramePage
        )
