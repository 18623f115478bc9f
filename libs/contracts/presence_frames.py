"""The frame that tells the team of somebody's presence: on the account's topic, numbered as the others."""

from libs.contracts.frames import Frame, stamp
from libs.contracts.presence import PresenceChanged


def presence_frame(event: PresenceChanged) -> Frame:
    """Of no conversation, and for everybody who works for the account."""
    presence = event.presence
    return Frame(
        scope="account",
        account_id=event.account_id,
        conversation_id="",
        connection_id="",
        topic=f"account:{event.account_id}",
        type="presence",
        fields={
            "person_id": presence.person_id,
            "name": presence.name,
            "state": presence.state,
            "timestamp": stamp(event.occurred_at),
        },
    )
