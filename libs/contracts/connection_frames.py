"""What people hear of a channel connection: the one frame that is about no conversation."""

from libs.contracts.delivery import ConnectionChanged
from libs.contracts.frames import Frame, stamp


def connection_frame(event: ConnectionChanged, account_id: str) -> Frame | None:
    """For everybody of the team, as all of them see whether messages go out. None for an event of before,
    which says no status.
    """
    if event.status is None:
        return None
    return Frame(
        scope="account",
        account_id=account_id,
        conversation_id="",
        connection_id=event.connection_id,
        topic=f"account:{account_id}",
        type="connection:changed",
        fields={
            "connection_id": event.connection_id,
            "chatbot_id": event.chatbot_id,
            "channel": event.channel,
            "name": event.name,
            "status": event.status,
            "reason": event.reason,
            "timestamp": stamp(event.occurred_at),
        },
    )
