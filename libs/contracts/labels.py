"""The labels of an account: what conversations can be labelled with.

Commands go to the account's partition. A label is known by its name, as it is kept in small letters.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query
from libs.contracts.conversation import Person

#: Labels of one account.
MOST_ACCOUNT_LABELS = 500
#: A label as somebody types it.
LabelName = Annotated[str, Field(min_length=1, max_length=256)]
#: `#rrggbb`: the gateway takes nothing else from people.
Colour = Annotated[str, Field(min_length=1, max_length=7)]


class Label(Contract):
    """A label. Without a colour a frontend chooses one."""

    name: str = Field(min_length=1, max_length=64)
    colour: Colour | None = None
    created_by: Id
    created_at: datetime


class LabelList(Contract):
    """Every label of the account, in alphabetical order."""

    items: tuple[Label, ...] = Field(default=(), max_length=MOST_ACCOUNT_LABELS)


class ListLabels(Query, type="list_labels.v1"):
    """The account's labels, for somebody who works there."""

    person: Person


class CreateLabel(Command, type="create_label.v1"):
    """A new one. `conflict` when it is there, `invalid` for what is no label and for one too many,
    `forbidden` for an agent where only admins make them. Answered with the label.
    """

    name: LabelName
    colour: Colour | None = None


class UpdateLabel(Command, type="update_label.v1"):
    """Another name or colour; with another name it is so on conversations, too, one after the other. What is
    None stays, `colour` in `cleared` is emptied. `conflict` for a name that another label has.
    """

    label: LabelName
    name: LabelName | None = None
    colour: Colour | None = None
    cleared: tuple[str, ...] = Field(default=(), max_length=4)


class DeleteLabel(Command, type="delete_label.v1"):
    """Take it away, from conversations, too, one after the other. Answered with the label as it was."""

    label: LabelName


class RelabelConversations(Command, type="relabel_conversations.v1"):
    """To itself: go through the conversations with a label that is no more, behind the id `after`; in its
    place they get `into`.
    """

    label: LabelName
    into: LabelName | None = None
    after: Id | None = None


class ReplaceLabel(Command, type="replace_label.v1"):
    """A label of one conversation is no more, or has another name."""

    conversation_id: Id
    label: LabelName
    into: LabelName | None = None
