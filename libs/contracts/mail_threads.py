"""The Message-IDs of the mails that we send: `<message id.conversation id@domain>`.

Anybody can write one, so it is believed only where a message with that id was sent in that conversation.
"""

import re

_MESSAGE_ID = re.compile(r"<?([0-9a-z-]{1,64})\.([0-9a-z][0-9a-z-]{0,39})@[^@<>\s]{1,255}>?")


def our_message_id(message_id: str, conversation_id: str, mailbox: str) -> str:
    """The Message-ID of a mail that we send from `mailbox`, without its angle brackets."""
    return f"{message_id}.{conversation_id}@{mailbox.rpartition('@')[2]}"


def ids_of(message_id: str) -> tuple[str, str] | None:
    """Message and conversation of a Message-ID that looks like ours, None for any other."""
    found = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return (found[1], found[2]) if found else None


def with_plus(mailbox: str, token: str) -> str:
    """The mailbox's address with a plus part."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{token}@{domain}"
