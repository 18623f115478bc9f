"""How records look in MongoDB, and back. Every `_id` is text; every time is an aware UTC datetime."""

from typing import Any

from libs.contracts.conversation import ContactView, MessageView, Person, Transition
from libs.contracts.directory import Department
from libs.contracts.suggestions import SuggestionView
from libs.contracts.vocabulary import BotMode, Channel, Priority, Status
from services.conversation.domain.contact import search_key
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.directory import Account
from services.conversation.domain.message import StoredMessage
from services.conversation.domain.people import person_keys
from services.conversation.domain.searching import words_of
from services.conversation.domain.timers import TimerKind
from services.conversation.domain.work import work_of
from services.conversation.use_cases.ports import AnswerDeadline, Chatbot

Document = dict[str, Any]

#: Fields that are the same on both sides.
_PLAIN = (
    "account_id",
    "chatbot_id",
    "chatbot_name",
    "connection_id",
    "session_id",
    "target",
    "contact_alias",
    "created_at",
    "updated_at",
    "department",
    "requester_id",
    "subject",
    "handoff_epoch",
    "handoff_reason",
    "version",
    "sequence",
    "unread",
    "message_count",
    "settled_at_sequence",
    "drafting",
    "can_reply_until",
    "handed_off_at",
    "resolved_at",
    "closed_at",
    "archived_at",
    "unanswered_since",
    "begun_at",
    "snoozed_until",
)
#: Those that list queries filter by are written even when they are empty.
_ALWAYS = frozenset({"department"})
#: The stored status of a conversation that is part of another one; it is archived to everybody who reads it.
MERGED = "merged"


def conversation_document(conversation: Conversation) -> Document:
    """A conversation as a document. Empty fields are left out: the index of assignees covers only documents
    that have one.
    """
    plain = {name: getattr(conversation, name) for name in _PLAIN}
    question, before = conversation.question, conversation.status_before_archive
    optional = {
        "assignee_id": conversation.assignee_id,
        "further_sessions": list(conversation.further_sessions) or None,
        "last_message": conversation.last_message.model_dump() if conversation.last_message else None,
        "question": vars(question) if question else None,
        "suggestion": conversation.suggestion.model_dump() if conversation.suggestion else None,
        "status_before_archive": before.value if before else None,
        # What is waited for since when; the index of what waits has nothing else in it.
        "waiting_since": (conversation.handed_off_at or conversation.updated_at)
        if conversation.work.waits
        else None,
        "labels": list(conversation.labels) or None,
        "note_count": conversation.note_count or None,
        "scheduled_count": conversation.scheduled_count or None,
        "priority": conversation.priority.value if conversation.priority is not Priority.NONE else None,
        "answered": conversation.answered or None,
        "by_people": conversation.by_people or None,
        "revision": conversation.revision,
        "subject_words": list(words_of(conversation.subject or "")) or None,
        "merged_into": conversation.merged_into,
        "merged": list(conversation.merged) or None,
        "further_aliases": list(conversation.further_aliases) or None,
    }
    document = {"_id": conversation.id, **plain, **optional}
    return {name: value for name, value in document.items() if value is not None or name in _ALWAYS} | {
        "channel": conversation.channel.value,
        # No list, search or count asks for this one: what is part of another is read there.
        "status": MERGED if conversation.is_merged else conversation.status.value,
        "contact": conversation.contact.model_dump(),
    }


def conversation_of(document: Document) -> Conversation:
    """The same, back."""
    last, question = document.get("last_message"), document.get("question")
    before, suggestion = document.get("status_before_archive"), document.get("suggestion")
    plain: dict[str, Any] = {name: document.get(name) for name in _PLAIN}
    status = Status.ARCHIVED if document["status"] == MERGED else Status(document["status"])
    return Conversation(
        id=document["_id"],
        channel=Channel(document["channel"]),
        status=status,
        contact=ContactView.model_validate(document["contact"]),
        assignee_id=document.get("assignee_id"),
        further_sessions=tuple(document.get("further_sessions", ())),
        last_message=MessageView.model_validate(last) if last else None,
        question=Question(**question) if question else None,
        suggestion=SuggestionView.model_validate(suggestion) if suggestion else None,
        status_before_archive=Status(before) if before else None,
        note_count=document.get("note_count", 0),
        answered=bool(document.get("answered")),
        by_people=bool(document.get("by_people")),
        # Of one that was stored before there were revisions every change counted.
        revision=document["revision"] if "revision" in document else document["version"],
        scheduled_count=document.get("scheduled_count", 0),
        labels=tuple(document.get("labels", ())),
        priority=Priority(document.get("priority", Priority.NONE)),
        stored_version=document["version"],
        stored_work=work_of(status, document.get("department"), document.get("assignee_id")),
        merged_into=document.get("merged_into"),
        merged=tuple(document.get("merged", ())),
        further_aliases=tuple(document.get("further_aliases", ())),
        **plain,
    )


def message_document(message: StoredMessage, account_id: str) -> Document:
    """A message as a document."""
    view = message.view.model_dump()
    document = {
        "_id": view.pop("id"),
        "account_id": account_id,
        "connection_id": message.connection_id,
        **view,
        "external_ids": list(message.external_ids),
    }
    if message.delivery_id is not None:
        document["delivery_id"] = message.delivery_id
    if words := words_of(message.view.content):
        document["words"] = list(words)
    if message.traced:
        document["traced"] = True
    if message.unsupported:
        document["unsupported"] = True
    return document


def message_view_of(document: Document) -> MessageView:
    """What readers see of a stored message."""
    return MessageView.model_validate(document | {"id": document["_id"]})


def changed_of(message: MessageView) -> Document:
    """The update that makes a stored message what it is now."""
    fields = {"content", "body_html", "attachments", "payload", "edited_at", "deleted_at", "reactions"}
    changes: Document = {"$set": message.model_dump(include=fields)}
    if words := words_of(message.content):
        changes["$set"]["words"] = list(words)
    else:
        changes["$unset"] = {"words": ""}
    return changes


def transition_document(transition: Transition, conversation: Conversation, number: int) -> Document:
    """One change of status; `number` tells apart those of one version."""
    return {
        "_id": f"{conversation.id}:{conversation.version}:{number}",
        "account_id": conversation.account_id,
        "conversation_id": conversation.id,
        "version": conversation.version,
        **transition.model_dump(),
    }


def suggestion_document(suggestion: SuggestionView, account_id: str) -> Document:
    """A suggestion as a document, decided or not."""
    view = suggestion.model_dump()
    return {"_id": view.pop("id"), "account_id": account_id, **view}


def suggestion_of(document: Document) -> SuggestionView:
    """The same, back."""
    return SuggestionView.model_validate(document | {"id": document["_id"]})


def deadline_document(deadline: AnswerDeadline, account_id: str) -> Document:
    """A timer row. One a conversation: a newer message's deadline takes the older one's place."""
    return {
        "_id": deadline_id(deadline.conversation_id),
        "account_id": account_id,
        "conversation_id": deadline.conversation_id,
        "kind": TimerKind.ANSWER.value,
        "message_id": deadline.message_id,
        "handoff_epoch": deadline.handoff_epoch,
        "due_at": deadline.due_at,
    }


def deadline_id(conversation_id: str) -> str:
    """The `_id` of a conversation's answer deadline."""
    return f"answer:{conversation_id}"


def in_account(account_id: str, record_id: str) -> str:
    """The `_id` of a record whose id is given from outside: two accounts may choose the same."""
    return f"{account_id}/{record_id}"


def chatbot_document(chatbot: Chatbot, account_id: str) -> Document:
    """A chatbot as a document."""
    fields = vars(chatbot) | {"mode": chatbot.mode.value, "handoff_keywords": list(chatbot.handoff_keywords)}
    return {**fields, "_id": in_account(account_id, chatbot.id), "account_id": account_id}


def chatbot_of(document: Document) -> Chatbot:
    """The same, back."""
    return Chatbot(
        id=document["id"],
        name=document["name"],
        mode=BotMode(document["mode"]),
        instructions=document["instructions"],
        department=document["department"],
        handoff_keywords=tuple(document["handoff_keywords"]),
        auto_suggest=document.get("auto_suggest", False),
    )


def account_document(account: Account) -> Document:
    """An account as a document."""
    return {
        "_id": account.id,
        "name": account.name,
        "departments": [one.model_dump() for one in account.departments],
        "auto_assign": account.auto_assign,
        "agent_limit": account.agent_limit,
        "labels_by_admins": account.labels_by_admins,
    }


def account_of(document: Document) -> Account:
    """The same, back. Departments were plain names once."""
    return Account(
        id=document["_id"],
        name=document["name"],
        departments=tuple(
            Department(id=one, name=one) if isinstance(one, str) else Department.model_validate(one)
            for one in document["departments"]
        ),
        auto_assign=document.get("auto_assign", False),
        agent_limit=document.get("agent_limit"),
        labels_by_admins=document.get("labels_by_admins", False),
    )


def person_document(person: Person) -> Document:
    """A person as a document."""
    return person.model_dump() | {
        "_id": in_account(person.account_id, person.id),
        "address": search_key(person.email),
        "keys": person_keys(person),
    }


def person_of(document: Document) -> Person:
    """The same, back."""
    return Person.model_validate(document)
