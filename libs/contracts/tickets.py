"""The helpdesk's view of conversations: a ticket is a conversation that a user opened, under the same id.

What is not here is the conversation's own: messages, assignment and history are those of the conversation.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Query, Text
from libs.contracts.conversation import (
    Attachment,
    Citation,
    ContactView,
    ConversationEvent,
    MessageView,
    Person,
    Transition,
)
from libs.contracts.files import MOST_ATTACHMENTS
from libs.contracts.vocabulary import Feedback, Role, Status, TicketStatus


class TicketView(Contract):
    """A ticket, as lists and the ticket itself show it. `status` is the ticket's, derived from
    `conversation_status`.
    """

    id: Id
    department: Id | None
    subject: str | None
    status: TicketStatus
    conversation_status: Status
    assignee: Id | None = None
    requester_id: Id
    requester: ContactView
    chatbot_id: Id
    chatbot_name: Name
    session_id: Id
    message_count: int = 0
    last_message: MessageView | None = None
    can_reply: bool = False
    available_actions: tuple[str, ...] = ()
    version: int
    sequence: int
    created_at: datetime
    updated_at: datetime
    handed_off_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None


class OpenTicket(Command, type="open_ticket.v1"):
    """A user asks for help. `conversation_id` is chosen by whoever asks and fixes the partition;
    `session_id` names the new thread. Without a chatbot the department's default one takes it.
    """

    conversation_id: Id
    session_id: Id
    department: Id
    subject: str = Field(max_length=998)
    content: Text
    chatbot_id: Id | None = None


class AssignTicket(Command, type="assign_ticket.v1"):
    """Give it to an agent, by the rule of every assignment."""

    conversation_id: Id
    agent_id: Id


class ResolveTicket(Command, type="resolve_ticket.v1"):
    """Its requester is content."""

    conversation_id: Id


class CloseTicket(Command, type="close_ticket.v1"):
    """Its agent puts it away, after it was resolved."""

    conversation_id: Id


class PostTicketMessage(Command, type="post_ticket_message.v1"):
    """A message in the room of a ticket, of its requester or of an agent. `is_ai`: an agent sends what the AI
    suggested, `suggestion_id` which of its suggestions. The same `client_message_id` of the same person is
    the same message.
    """

    conversation_id: Id
    content: Text
    is_ai: bool = False
    suggestion_id: Id | None = None
    client_message_id: str | None = Field(default=None, max_length=128)
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=MOST_ATTACHMENTS)


class ContextMessage(Contract):
    """One of the last messages, as the agent's frontend has it."""

    role: Literal["contact", "ai", "agent"]
    content: Text


class SuggestResponse(Command, type="suggest_response.v1"):
    """The assigned agent wants a reply proposed, from the knowledge and this context. Answered with the
    request; the suggestion comes under its id.
    """

    conversation_id: Id
    context: tuple[ContextMessage, ...] = Field(default=(), max_length=20)


class TicketMessagePosted(Contract):
    """The answer to PostTicketMessage, the same for every repeat."""

    message_id: Id


class GiveFeedback(Command, type="give_feedback.v1"):
    """What a reader thinks of a message of the AI; `none` takes it back."""

    conversation_id: Id
    message_id: Id
    feedback: Feedback


class ListTickets(Query, type="list_tickets.v1"):
    """A page of the tickets that the caller may see, the newest activity first. An agent who asks for a
    department that is not theirs is refused with `forbidden`.
    """

    person: Person
    department: Id | None = None
    status: TicketStatus | None = None
    page: int = Field(default=1, ge=1)
    page_size: int = Field(default=20, ge=1, le=100)


class TicketPage(Contract):
    """The answer to ListTickets."""

    items: tuple[TicketView, ...]
    page: int
    page_size: int
    total: int


class GetTicket(Query, type="get_ticket.v1"):
    """One ticket that the caller may see; `not_found` otherwise. At most `limit` of its newest messages, or
    of those before the sequence `before` or the `previous_cursor` of an earlier page.
    """

    person: Person
    conversation_id: Id
    limit: int = Field(default=200, ge=1, le=500)
    before: int | None = None
    cursor: str | None = Field(default=None, max_length=2048)


class TicketThread(Contract):
    """The answer to GetTicket; messages the oldest first."""

    ticket: TicketView
    messages: tuple[MessageView, ...]
    timeline: tuple[Transition, ...] = ()
    more_before: bool = False
    previous_cursor: str | None = None


class FeedbackGiven(ConversationEvent, type="conversation.feedback_given.v1"):
    """Somebody said what they think of a message of the AI. `citations` are the message's."""

    message_id: Id
    feedback: Feedback
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)


def role_word(department: str) -> str:
    """The role that the ticket API gives agents of a department: `IT` is `it_agent`."""
    return "_".join([*department.lower().split(), "agent"])


def presented_role(role: str | None, departments: tuple[str, ...], department: str | None) -> str:
    """A person's role as the ticket API names it. An agent of several departments appears as one of the
    ticket's own.
    """
    if role != Role.AGENT:
        return str(role or "")
    if department in departments or not departments:
        return role_word(department) if department in departments and department else str(Role.AGENT)
    return role_word(departments[0])


def may_present(claimed: str, role: str, departments: tuple[str, ...]) -> bool:
    """Whether a person may call themselves that: by their role or, for agents, one of their departments."""
    return claimed == role or (role == Role.AGENT and claimed in {role_word(each) for each in departments})
