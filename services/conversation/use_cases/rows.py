"""Rows of lists, written as JSON: what does not change is written once, however often it is asked for.

A row depends on what is stored, and on who looks in its `available_actions` alone. Both are worked out by
`view_of`'s own parts; nothing here knows a rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from json import dumps

from libs.contracts.base import Actor, Written
from libs.contracts.reading import ConversationPage
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import available_actions
from services.conversation.use_cases.views import without_actions

#: Viewers whose actions one row remembers.
MOST_VIEWERS = 64


@dataclass(frozen=True)
class Viewer:
    """Who looks at a list."""

    actor: Actor

    @cached_property
    def key(self) -> str:
        """Everything about them, so that somebody with other departments is another viewer."""
        return self.actor.model_dump_json()


@dataclass(frozen=True, eq=False)
class Row:
    """A conversation as it is stored. Whoever reads rows may hand out the same one again while the store has
    the same, byte for byte; so nobody changes what is in it.
    """

    conversation: Conversation
    _actions: dict[str, str] = field(default_factory=dict, repr=False)

    def written_for(self, viewer: Viewer) -> str:
        """A ConversationView as JSON."""
        actions = self._actions.get(viewer.key)
        if actions is None:
            if len(self._actions) >= MOST_VIEWERS:
                self._actions.clear()
            actions = dumps(available_actions(self.conversation, viewer.actor))
            self._actions[viewer.key] = actions
        return f'{self._rest[:-1]},"available_actions":{actions}}}'

    @cached_property
    def _rest(self) -> str:
        return without_actions(self.conversation).model_dump_json(exclude={"available_actions"})


def written_page(page: ConversationPage, rows: Iterable[Row], viewer: Viewer) -> Written:
    """A page without items, with these rows as its items."""
    items = ",".join(row.written_for(viewer) for row in rows)
    return Written(page.model_dump_json().replace('"items":[]', f'"items":[{items}]', 1))
