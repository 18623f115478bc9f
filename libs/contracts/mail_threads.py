"""How an email says to which conversation it belongs: our Message-IDs and the plus-tokens of our addresses.

    Message-ID      <{message id}.{conversation id}@{domain of the mailbox}>
    address         {local part}+{conversation id}.{signature}@{domain}

Anybody can write a Message-ID or a plus part, so the token is signed with the connection's webhook secret,
and a Message-ID is only believed where a message with that id was sent in that conversation.
"""

import hashlib
import hmac
import re

_SIGNATURE = 12
_CONVERSATION = r"[0-9a-z][0-9a-z-]{0,39}"
_TOKEN = re.compile(rf"({_CONVERSATION})\.([0-9a-f]{{{_SIGNATURE}}})")
_MESSAGE_ID = re.compile(rf"<?([0-9a-z-]{{1,64}})\.({_CONVERSATION})@[^@<>\s]{{1,255}}>?")


def plus_token(conversation_id: str, secret: str) -> str:
    """What stands behind the plus in the address that answers to a conversation go to."""
    return f"{conversation_id}.{_signature(conversation_id, secret)}"


def conversation_of_token(token: str, secret: str) -> str | None:
    """The conversation of a token that is ours; None for any other. Mail servers may change its case."""
    found = _TOKEN.fullmatch(token.lower())
    if found is None:
        return None
    conversation_id, given = found.groups()
    return conversation_id if hmac.compare_digest(given, _signature(conversation_id, secret)) else None


def our_message_id(message_id: str, conversation_id: str, mailbox: str) -> str:
    """The Message-ID of a mail that we send from `mailbox`, with its angle brackets."""
    return f"<{message_id}.{conversation_id}@{mailbox.rpartition('@')[2]}>"


def ids_of(message_id: str) -> tuple[str, str] | None:
    """Message and conversation of a Message-ID that looks like ours, None for any other."""
    found = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return (found[1], found[2]) if found else None


def with_plus(mailbox: str, token: str) -> str:
    """The mailbox's address with a plus part."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{token}@{domain}"


def _signature(conversation_id: str, secret: str) -> str:
    return hmac.new(secret.encode(), conversation_id.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE]
