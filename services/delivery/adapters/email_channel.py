"""Email over Postmark: plain text and HTML, threading headers, tracking. Source: Postmark's "Email API"."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from html import escape
from typing import Any

import nh3
from opentelemetry.trace import SpanKind

from libs.contracts.email_threads import plus_token
from libs.contracts.mail_threads import our_message_id, with_plus
from libs.runtime.telemetry import span
from services.delivery.adapters.files import Files, name_of, type_of
from services.delivery.adapters.http_caller import HttpAnswer, HttpCaller
from services.delivery.adapters.postmark_errors import meaning
from services.delivery.domain.connection import Connection
from services.delivery.domain.mail_thread import MailThread, answer_subject
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.reply import Reply
from services.delivery.use_cases.ports import Progress

#: Bytes of all files before base64 makes them a third longer (a mail has 10 MB; a text of ours never comes
#: near the 5 MB of a body).
FILES_LIMIT = 7_000_000
#: Characters of a subject: one line of a mail.
SUBJECT_LIMIT = 900
_MAILBOX = re.compile(r"[A-Za-z0-9._%-]{1,21}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_ADDRESS = re.compile(r"[^\s<>,;\"()]{1,64}@[^\s<>,;\"()@]{1,255}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,256}")
_BREAKS = re.compile(r"[\r\n\x00]+")


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """The port Channel for email. Settings it reads: `from_email` (the mailbox), `from_name`, `reply_mailbox`
    (the inbound address, else the mailbox), `message_stream`, `track_opens`, `track_links`, `tag`,
    `api_base_url`.
    """

    caller: HttpCaller
    files: Files
    default_base: str
    default_mailbox: str = ""

    async def send(self, reply: Reply, connection: Connection, progress: Progress) -> Outcome:  # noqa: ARG002
        """Send one mail."""
        mailbox = self._mailbox(connection)
        if mailbox is None:
            return Refused("misconfigured", "from_email is no mailbox", disconnects=True)
        if refusal := _refusal_of(reply):
            return refusal
        attachments = await self._attachments(reply)
        if not isinstance(attachments, list):
            return attachments
        mail = self._mail(reply, connection, mailbox) | ({"Attachments": attachments} if attachments else {})
        with span("postmark email", kind=SpanKind.CLIENT, parent=reply.traceparent):
            answer = await self.caller.post(
                self._address(connection, "email"), mail, headers=_token(connection)
            )
        if not isinstance(answer, HttpAnswer):
            return answer
        return _outcome_of(answer, our_message_id(reply.message_id, reply.conversation_id, mailbox))

    def _mail(self, reply: Reply, connection: Connection, mailbox: str) -> dict[str, Any]:
        settings, thread = connection.settings, reply.thread or MailThread()
        inbox = _text(settings, "reply_mailbox")
        inbox = inbox if _MAILBOX.fullmatch(inbox) else mailbox
        token = plus_token(reply.conversation_id, connection.id, connection.credentials["webhook_secret"])
        text = reply.content.strip()
        return {
            "From": _from(_text(settings, "from_name") or connection.name, mailbox),
            "To": reply.target,
            "ReplyTo": with_plus(inbox, token) if token else inbox,
            "Subject": _subject(reply, thread, connection),
            "TextBody": text or " ",
            "HtmlBody": nh3.clean(reply.body_html) if reply.body_html else _html_of(text),
            "MessageStream": _text(settings, "message_stream") or "outbound",
            "TrackOpens": settings.get("track_opens") is True,
            "TrackLinks": "HtmlAndText" if settings.get("track_links") is True else "None",
            "Headers": _headers(reply, thread, mailbox),
            # Comes back with every event, also of a mail whose acceptance we never learnt of.
            "Metadata": {"mid": reply.message_id, "cid": reply.conversation_id},
        } | ({"Tag": tag} if (tag := _text(settings, "tag")[:100]) else {})

    async def _attachments(self, reply: Reply) -> list[dict[str, str]] | Refused | NotTried:
        room, attachments = FILES_LIMIT, []
        for attachment in reply.attachments:
            content = await self.files.load(reply.account_id, attachment, most_bytes=room)
            if not isinstance(content, bytes):
                return content
            room -= len(content)
            attachments.append(
                {
                    "Name": _line(name_of(attachment)),
                    "Content": base64.b64encode(content).decode(),
                    "ContentType": type_of(attachment),
                }
            )
        return attachments

    async def connect(self, connection: Connection) -> Mapping[str, Any] | Refused:
        """Ask for the server. Webhooks are set up at Postmark: their addresses carry `webhook_secret`."""
        if self._mailbox(connection) is None:
            return Refused("misconfigured", "from_email is no mailbox")
        answer = await self.caller.get(self._address(connection, "server"), headers=_token(connection))
        if isinstance(answer, HttpAnswer) and answer.succeeded and answer.body and "ID" in answer.body:
            return {"server_id": str(answer.body["ID"])}
        outcome = meaning(answer) if isinstance(answer, HttpAnswer) else answer
        if isinstance(outcome, Refused):
            return outcome
        return Refused(outcome.code if isinstance(outcome, Retry) else "unreachable")

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        """Server token, and the secret that webhooks carry as their password, made where it is missing."""
        token = credentials.get("token", "")
        secret = credentials.get("webhook_secret") or known.get("webhook_secret") or secrets.token_urlsafe(32)
        if not _TOKEN.fullmatch(token) or not _TOKEN.fullmatch(secret):
            return None
        return {"token": token, "webhook_secret": secret}

    def _mailbox(self, connection: Connection) -> str | None:
        mailbox = _text(connection.settings, "from_email") or self.default_mailbox
        return mailbox if _MAILBOX.fullmatch(mailbox) else None

    def _address(self, connection: Connection, path: str) -> str:
        base = _text(connection.settings, "api_base_url") or self.default_base
        return f"{base.rstrip('/')}/{path}"


def _refusal_of(reply: Reply) -> Refused | None:
    if not _ADDRESS.fullmatch(reply.target):
        return Refused("address_invalid", "the address is none")
    if not reply.content.strip() and not reply.attachments:
        return Refused("empty_message", "there is nothing to send")
    return None


def _outcome_of(answer: HttpAnswer, ours: str) -> Outcome:
    """Accepted is what has an id and no error code; a delay or a skipped address is said in words alone."""
    if not answer.succeeded or not answer.body or answer.body.get("ErrorCode", 0) != 0:
        return meaning(answer)
    message_id = answer.body.get("MessageID")
    if not isinstance(message_id, str) or not message_id:
        return Unclear("Postmark answered without a message id")
    return Sent((message_id, ours))


def _token(connection: Connection) -> dict[str, str]:
    return {"X-Postmark-Server-Token": connection.credentials["token"]}


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    """One line: a header must not begin another."""
    return _BREAKS.sub(" ", text).strip()


def _from(name: str, mailbox: str) -> str:
    local, _, domain = mailbox.rpartition("@")
    return str(Address(_line(name)[:100], local, domain))


def _subject(reply: Reply, thread: MailThread, connection: Connection) -> str:
    if reply.subject and reply.subject.strip():
        subject = reply.subject
    elif thread.subject:
        subject = answer_subject(thread.subject)
    else:
        subject = connection.name or "Your message"
    return _line(subject)[:SUBJECT_LIMIT]


def _headers(reply: Reply, thread: MailThread, mailbox: str) -> list[dict[str, str]]:
    def bracketed(reference: str) -> str:
        if "@" not in reference:  # a message of our own
            reference = our_message_id(reference, reply.conversation_id, mailbox)
        return f"<{_line(reference).strip('<>')}>"

    references = [bracketed(one) for one in thread.references]
    answers = bracketed(thread.answers) if thread.answers else "".join(references[-1:])
    named = {
        "Message-ID": bracketed(reply.message_id),
        "X-PM-KeepID": "true",
        "In-Reply-To": answers,
        "References": " ".join(references),
    }
    return [{"Name": name, "Value": value} for name, value in named.items() if value]


def _html_of(text: str) -> str:
    """A plain text as HTML, so that the reader's program shows both alike and opens can be seen."""
    paragraphs = (escape(one).replace("\n", "<br>") for one in re.split(r"\n{2,}", text.strip()))
    return "".join(f"<p>{one}</p>" for one in paragraphs)
