"""Which connection a chatbot has on a channel, asked of the delivery service."""

from libs.contracts.delivery import FindConnection, FoundConnection
from libs.contracts.vocabulary import Channel
from libs.runtime.rpc import RpcClient


class DeliveryChannels:
    """Asked anew each time: agents start conversations far less often than webhooks come."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def find(self, account_id: str, chatbot_id: str, channel: Channel) -> FoundConnection:
        """One that can be used."""
        return await self._rpc.ask(
            FindConnection(chatbot_id=chatbot_id, channel=channel),
            service="delivery",
            account_id=account_id,
            answer=FoundConnection,
        )
