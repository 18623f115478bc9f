"""What an edit, a deletion or a reaction makes of the message it is about."""

from datetime import datetime

from libs.contracts.conversation import MessageView, Reaction, Sender
from libs.contracts.message_changes import MessageChange
from libs.contracts.vocabulary import MessageKind

#: Reactions that are kept of one message, the newest of them.
MOST_REACTIONS = 64

CHANGES = {
    MessageKind.EDIT: MessageChange.EDITED,
    MessageKind.DELETE: MessageChange.DELETED,
    MessageKind.REACTION: MessageChange.REACTIONS,
    MessageKind.REACTION_REMOVED: MessageChange.REACTIONS,
}


def after_change(
    message: MessageView, kind: MessageKind, content: str, sender: Sender, at: datetime
) -> MessageView:
    """The message as it is then; the very same where nothing becomes of it. Only its writer changes a message
    or takes it back. What was taken back is gone: its content is not kept. Each person has one reaction.
    """
    if message.deleted_at is not None:
        return message
    if kind in {MessageKind.EDIT, MessageKind.DELETE}:
        return _rewritten(message, kind, content, at) if message.sender.id == sender.id else message
    others = tuple(one for one in message.reactions if one.sender_id != sender.id)
    mine = (Reaction(sender_id=sender.id, emoji=content),) if kind is MessageKind.REACTION else ()
    reactions = (*others, *mine)[-MOST_REACTIONS:]
    return message if reactions == message.reactions else message.model_copy(update={"reactions": reactions})


def _rewritten(message: MessageView, kind: MessageKind, content: str, at: datetime) -> MessageView:
    if kind is MessageKind.DELETE:
        gone = {"content": "", "body_html": None, "attachments": (), "payload": None, "deleted_at": at}
        return message.model_copy(update=gone)
    if content == message.content:
        return message
    return message.model_copy(update={"content": content, "body_html": None, "edited_at": at})
