"""How people keep their conversations in order: labels and priority.

All of these are commands to the conversation's partition; the answer is its ConversationView. None of it is
activity, and none of it is ever told to the contact.
"""

from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Id
from libs.contracts.conversation import MOST_LABELS, ConversationEvent
from libs.contracts.vocabulary import Priority

#: A label as somebody types it; how it is kept, `services/conversation/domain/organising.py` says.
LabelText = Annotated[str, Field(max_length=256)]
Labels = Annotated[tuple[LabelText, ...], Field(max_length=MOST_LABELS)]


class LabelConversation(Command, type="label_conversation.v1"):
    """Take labels off and put labels on; with `replace` those to `add` take the place of all the others.
    Refused with `invalid` for what is no label, and where there would be more than MOST_LABELS.
    """

    conversation_id: Id
    add: Labels = ()
    remove: Labels = ()
    replace: bool = False


class SetPriority(Command, type="set_priority.v1"):
    """How urgent it is."""

    conversation_id: Id
    priority: Priority


class ConversationLabelled(ConversationEvent, type="conversation.labelled.v1"):
    """It has other labels: `labels` are all of them now."""

    labels: Labels = ()
    added_labels: Labels = ()
    removed_labels: Labels = ()


class PriorityChanged(ConversationEvent, type="conversation.priority_changed.v1"):
    """It has another priority."""

    priority: Priority
    former_priority: Priority
