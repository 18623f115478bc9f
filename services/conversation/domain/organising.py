"""What people note on a conversation to find their way: labels and priority. No activity, and nothing that
makes an answer of the AI stale.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import MOST_LABELS
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.organising import ConversationLabelled, PriorityChanged
from libs.contracts.vocabulary import Priority
from services.conversation.domain.conversation_state import ConversationState

#: Characters of a label.
LONGEST_LABEL = 64


def label_of(text: str) -> str:
    """A label as it is kept: composed (NFC), in lower case, single spaces. Raises DomainError `invalid` for
    one that is blank, too long, or has control characters.
    """
    # Folding takes some letters apart again.
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    label = " ".join(folded.split())
    if not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        raise DomainError(
            ErrorCode.INVALID, f"a label is 1 to {LONGEST_LABEL} printable characters, spaces included"
        )
    return label


class OrganisedConversation(ConversationState):
    """Labels and priority of a conversation."""

    def label(
        self,
        actor: Actor,
        at: datetime,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        replace: bool = False,
    ) -> bool:
        """Take labels off and put others on, with `replace` in place of all it has. False when it has these
        already, which changes nothing. They are kept in alphabetical order.

        Raises DomainError `invalid` for what is no label, or for too many.
        """
        before = set(self.labels)
        kept = set() if replace else before - {label_of(text) for text in remove}
        wanted = kept | {label_of(text) for text in add}
        if len(wanted) > MOST_LABELS:
            raise DomainError(ErrorCode.INVALID, f"at most {MOST_LABELS} labels", conversation_id=self.id)
        if wanted == before:
            return False
        self.labels = tuple(sorted(wanted))
        self.tell(
            ConversationLabelled,
            actor,
            at,
            labels=self.labels,
            added_labels=tuple(sorted(wanted - before)),
            removed_labels=tuple(sorted(before - wanted)),
        )
        return True

    def set_priority(self, priority: Priority, actor: Actor, at: datetime) -> bool:
        """Say how urgent it is. False when that is so already."""
        former = self.priority
        if priority is former:
            return False
        self.priority = priority
        self.tell(PriorityChanged, actor, at, priority=priority, former_priority=former)
        return True
