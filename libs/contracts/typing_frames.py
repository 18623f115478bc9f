"""Who is writing just now: frames that pass by, without a number, and that nobody fetches later."""

from datetime import datetime

from libs.contracts.conversation import ConversationRef, Sender
from libs.contracts.frames import Audience, Frame, first_name, stamp
from libs.contracts.vocabulary import SenderKind

#: Seconds after which a reader stops showing it, unless it is told again.
EXPIRES_IN = 6


def typing_frames(
    conversation: ConversationRef, sender: Sender, *, typing: bool, at: datetime
) -> list[Frame]:
    """One for the thread and one for the team. The visitor hears of people alone, and only a first name."""
    by_agent = sender.kind is SenderKind.AGENT
    shown = first_name(sender.name) if by_agent else sender.name
    about = {"typing": typing, "expires_in": EXPIRES_IN, "timestamp": stamp(at)}
    common = {
        "account_id": conversation.account_id,
        "conversation_id": conversation.id,
        "connection_id": conversation.connection_id,
        "passing": True,
    }
    seen_by = {
        "department": conversation.department,
        "assignee_id": conversation.assignee_id,
        "requester_id": conversation.requester_id,
    }
    who = {"kind": sender.kind, "name": shown}
    return [
        Frame(
            scope="conversation",
            topic=f"chat:{conversation.session_id}",
            type="typing",
            audience=Audience(visitor=by_agent, **seen_by),
            fields={"sender": who, **about},
            **common,
        ),
        Frame(
            scope="account",
            topic=f"account:{conversation.account_id}",
            type="conversation:typing",
            audience=Audience(**seen_by),
            fields={
                "conversation_id": conversation.id,
                "sender": who | {"id": sender.id, "name": sender.name},
                **about,
            },
            **common,
        ),
    ]
