"""Reading conversations: the list that somebody may see, and one thread."""

from pydantic import Field

from libs.contracts.base import Contract, Id, Query
from libs.contracts.conversation import ConversationView, MessageView, Person, Transition
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import Channel, Status


class ListConversations(Query, type="list_conversations.v1"):
    """A page of the conversations that the caller may see, the newest activity first.

    `person` is the caller; `cursor` is a `next_cursor` of an earlier page and takes the place of `page`.
    `search` covers the subject, the contact's name and addresses, and what was said.
    """

    person: Person
    status: Status | None = None
    channel: Channel | None = None
    chatbot_id: Id | None = None
    lead_id: Id | None = None
    assignee: Id | None = None
    department: Id | None = None
    label: str | None = Field(default=None, max_length=100)
    #: Only what is put aside, or only what is not.
    snoozed: bool | None = None
    search: str | None = Field(default=None, max_length=200)
    page: int = Field(default=1, ge=1)
    page_size: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=512)
    sort_by: str = "updated_at"
    sort_order: str = "desc"


class ConversationPage(Contract):
    """The answer to ListConversations."""

    items: tuple[ConversationView, ...]
    page: int
    page_size: int
    total: int
    next_cursor: str | None = None


class GetConversation(Query, type="get_conversation.v1"):
    """One thread that the caller may see; `not_found` otherwise. At most `limit` of its newest messages,
    or of those before the sequence `before`, or before `cursor`: the `previous_cursor` of an earlier page.
    Where others were merged into it, their messages stand between its own by the time they were written.
    """

    person: Person
    conversation_id: Id
    limit: int = Field(default=200, ge=1, le=500)
    before: int | None = None
    cursor: str | None = Field(default=None, max_length=2048)


class ConversationThread(Contract):
    """The answer to GetConversation; messages the oldest first. `previous_cursor` goes on before them; there
    is none when nothing is there.
    """

    conversation: ConversationView
    messages: tuple[MessageView, ...]
    timeline: tuple[Transition, ...]
    more_before: bool = False
    previous_cursor: str | None = None
    suggestions: tuple[SuggestionView, ...] = ()
