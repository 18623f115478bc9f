"""A chatbot is no more: its connections end."""

from typing import Final

from libs.contracts.base import SYSTEM
from libs.contracts.connections import DisconnectChannel as DisconnectChannelCommand
from services.delivery.domain.connection import ConnectionStatus
from services.delivery.use_cases.connection_ports import ConnectionLists
from services.delivery.use_cases.disconnect_channel import DisconnectChannel

#: Connections that are read at once.
PAGE: Final = 20


class DisconnectChatbot:
    """Takes `directory.chatbot_deleted.v1`. Each connection ends as if by hand, one after the other; what was
    ended before a failure is passed over by the next attempt.
    """

    def __init__(self, lists: ConnectionLists, disconnect: DisconnectChannel) -> None:
        self._lists = lists
        self._disconnect = disconnect

    async def __call__(self, chatbot_id: str, *, account_id: str, event_id: str) -> int:
        """How many were ended. Doing it twice changes nothing. Raises TransientError."""
        ended, after = 0, ""
        while page := await self._lists.of_account(
            account_id, chatbot_id=chatbot_id, after=after, limit=PAGE
        ):
            for one in page:
                if one.status is not ConnectionStatus.DISCONNECTED:
                    command = DisconnectChannelCommand(actor=SYSTEM, connection_id=one.id)
                    await self._disconnect(command, account_id=account_id, command_id=f"{event_id}:{one.id}")
                    ended += 1
            after = page[-1].id
        return ended
