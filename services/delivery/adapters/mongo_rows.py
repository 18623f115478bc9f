"""Ledger rows as documents, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import Channel
from services.delivery.domain.mail_thread import MailThread
from services.delivery.domain.reply import Reply, ReplyState

_SAME = (
    "account_id",
    "connection_id",
    "conversation_id",
    "line_no",
    "target",
    "content",
    "reply_to_external",
    "created_at",
    "next_attempt_at",
    "head",
    "attempts",
    "claim_id",
    "error",
    "correlation_id",
    "causation_id",
    "traceparent",
)


#: What rows of an earlier version do not have.
_LATER = ("subject", "body_html", "can_reply_until", "status_there", "person_option")


def document_of(reply: Reply) -> dict[str, Any]:
    """The document of a row; what only the store knows of it is not in it."""
    thread = reply.thread
    return {name: getattr(reply, name) for name in (*_SAME, *_LATER)} | {
        "attachments": [one.model_dump(mode="json") for one in reply.attachments],
        "contact_id": reply.contact_id,
        "template": reply.template.model_dump(mode="json") if reply.template else None,
        "thread": None if thread is None else {**asdict(thread), "references": list(thread.references)},
        "_id": reply.message_id,
        "channel": reply.channel.value,
        "state": reply.state.value,
        "provider_ids": list(reply.provider_ids),
    }


def reply_of(document: dict[str, Any]) -> Reply:
    """The row of an open document."""
    return Reply(
        message_id=document["_id"],
        channel=Channel(document["channel"]),
        state=ReplyState(document["state"]),
        provider_ids=tuple(document["provider_ids"]),
        attachments=tuple(Attachment.model_validate(one) for one in document.get("attachments", ())),
        contact_id=document.get("contact_id", ""),
        template=_template_of(document.get("template")),
        thread=thread_of(document.get("thread")),
        **{name: document[name] for name in _SAME} | {name: document.get(name) for name in _LATER},
    )


def thread_of(document: Mapping[str, Any] | None) -> MailThread | None:
    """A thread as it was stored."""
    if document is None:
        return None
    return MailThread(tuple(document["references"]), document["answers"], document["subject"])


def _template_of(document: Mapping[str, Any] | None) -> ChannelTemplate | None:
    return None if document is None else ChannelTemplate.model_validate(document)
