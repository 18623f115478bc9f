"""Chatwoot: answers in the conversation that a webhook named, and begins those that an agent starts.

Two flows, counted apart. The first is one request and no look-up; the second searches the contact and creates
what is missing before its one message. Source: Chatwoot's application API.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.trace import SpanKind

from libs.runtime.logs import get_logger
from libs.runtime.telemetry import span
from services.delivery.adapters.chatwoot_api import ChatwootApi, address, before_anything, headers, object_of
from services.delivery.adapters.chatwoot_errors import CONVERSATION_MISSING, words_of
from services.delivery.adapters.files import Files, name_of, type_of
from services.delivery.adapters.http_caller import HttpAnswer
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.reply import Reply
from services.delivery.use_cases.ports import Progress

#: Bytes of all files. A text of ours never comes near Chatwoot's 150,000 characters.
FILES_LIMIT = 40_000_000
#: Under which of a message's attributes our id of it goes along; the gateway reads it in the webhook.
OUR_ID = "parley_message_id"
WEBHOOK_FLOW = "chatwoot.message.webhook_flow"
AGENT_INITIATED = "chatwoot.message.agent_initiated"
#: Pages of a contact search that are looked through.
_MOST_PAGES = 3
_CONVERSATION = re.compile(r"(?:(?P<account>[0-9]{1,18})[/:])?(?P<conversation>[0-9]{1,18})")
_TOKEN = re.compile(r"[\x21-\x7e]{1,512}")
_PHONE = re.compile(r"\+[0-9]{5,15}")

_log = get_logger("chatwoot")


@dataclass(frozen=True, slots=True)
class ChatwootChannel:
    """The port Channel for Chatwoot. Settings it reads: `api_base_url` (the installation), `account_id`,
    `inbox_id` (for conversations that an agent starts), `on_missing` (`fail`, or `find_or_create`). `count`
    counts the flows.
    """

    api: ChatwootApi
    files: Files
    count: Callable[[str], None]

    async def send(self, reply: Reply, connection: Connection, progress: Progress) -> Outcome:  # noqa: ARG002
        """Send one message, or set the conversation's status."""
        if reply.status_there is not None:
            return await self._set_status(reply, connection, reply.status_there)
        if not reply.content.strip() and not reply.attachments:
            return Refused("empty_message", "there is nothing to send")
        with span("chatwoot message", kind=SpanKind.CLIENT, parent=reply.traceparent):
            named = _CONVERSATION.fullmatch(reply.target)
            if named is None:
                return await self._begin(reply, connection, reply.target)
            account = named["account"] or _text(connection, "account_id")
            outcome = await self._answer(reply, connection, account, named["conversation"])
            if _is_missing(outcome) and connection.settings.get("on_missing") == "find_or_create":
                _log.warning("conversation not found, another is begun", connection_id=connection.id)
                return await self._begin(reply, connection, reply.contact_id)
            return outcome

    async def _answer(self, reply: Reply, connection: Connection, account: str, conversation: str) -> Outcome:
        """One request, no look-ups."""
        _log.info(f"Using existing conversation_id={conversation}", connection_id=connection.id)
        outcome = await self._post(reply, connection, account, conversation)
        self.count(WEBHOOK_FLOW)
        if _is_missing(outcome):
            _log.error("conversation not known to Chatwoot", connection_id=connection.id)
        return outcome

    async def _set_status(self, reply: Reply, connection: Connection, status: str) -> Outcome:
        """May be done again after a lost answer: it is the same. Where every conversation is open, giving it
        back to the bot changes nothing.
        """
        named = _CONVERSATION.fullmatch(reply.target)
        if named is None or (status == "pending" and connection.settings.get("answer_open") is True):
            return Sent(())
        account = named["account"] or _text(connection, "account_id")
        path = f"conversations/{named['conversation']}/toggle_status"
        done = object_of(await self.api.post(connection, account, path, {"status": status}))
        return Sent(()) if isinstance(done, Mapping) else before_anything(done)

    async def _begin(self, reply: Reply, connection: Connection, to: str) -> Outcome:
        """Find or create the contact and a conversation with them, then send."""
        self.count(AGENT_INITIATED)
        account, inbox = _text(connection, "account_id"), _text(connection, "inbox_id")
        if not inbox.isdigit() or not to:
            return Refused("misconfigured", "without inbox_id and address no conversation can be started")
        conversation = await self._conversation(connection, account, inbox, to)
        if not isinstance(conversation, int):
            return conversation
        outcome = await self._post(reply, connection, account, str(conversation))
        if isinstance(outcome, Sent):
            return replace(outcome, moved_to=f"{account}/{conversation}")
        return outcome

    async def _conversation(self, connection: Connection, account: str, inbox: str, to: str) -> int | Outcome:
        contact = await self._contact(connection, account, inbox, to)
        if not isinstance(contact, dict):
            return contact
        wanted = {**contact, "status": "open"}
        begun = object_of(await self.api.post(connection, account, "conversations", wanted))
        if not isinstance(begun, Mapping):
            return before_anything(begun)
        found = begun.get("id")
        return (
            found
            if isinstance(found, int)
            else Refused("unexpected_answer", "Chatwoot named no conversation")
        )

    async def _contact(
        self, connection: Connection, account: str, inbox: str, to: str
    ) -> dict[str, Any] | Outcome:
        """What a conversation with somebody is created from: their contact and their address in the inbox."""
        for page in range(1, _MOST_PAGES + 1):
            found = object_of(
                await self.api.get(connection, account, "contacts/search", q=to, page=str(page))
            )
            if not isinstance(found, Mapping):
                return before_anything(found)
            people = [one for one in found.get("payload") or () if isinstance(one, dict)]
            # The search finds parts of words: only the very same address is theirs.
            known = next((one for one in people if _is(one, to)), None)
            if known is not None:
                return await self._linked(connection, account, inbox, known)
            if not people:
                break
        made = object_of(
            await self.api.post(
                connection, account, "contacts", {"name": to, "inbox_id": int(inbox), **_named(to)}
            )
        )
        if not isinstance(made, Mapping):
            return before_anything(made)
        payload = made.get("payload") or {}
        link, person = payload.get("contact_inbox") or {}, payload.get("contact") or {}
        return _start_of(inbox, link.get("source_id"), person.get("id"))

    async def _linked(
        self, connection: Connection, account: str, inbox: str, known: Mapping[str, Any]
    ) -> dict[str, Any] | Outcome:
        for link in known.get("contact_inboxes") or ():
            if str((link.get("inbox") or {}).get("id", link.get("inbox_id"))) == inbox:
                return _start_of(inbox, link.get("source_id"), known.get("id"))
        path = f"contacts/{known.get('id')}/contact_inboxes"
        made = object_of(await self.api.post(connection, account, path, {"inbox_id": int(inbox)}))
        if not isinstance(made, Mapping):
            return before_anything(made)
        return _start_of(inbox, made.get("source_id"), known.get("id"))

    async def _post(self, reply: Reply, connection: Connection, account: str, conversation: str) -> Outcome:
        path = f"conversations/{conversation}/messages"
        body: dict[str, Any] = {"content": reply.content, "message_type": "outgoing", "private": False}
        # Chatwoot keeps them with the message and tells them back: by our id its echo is known as ours.
        attributes: dict[str, Any] = {OUR_ID: reply.message_id}
        if reply.reply_to_external and reply.reply_to_external.isdigit():
            attributes["in_reply_to"] = int(reply.reply_to_external)
        if reply.attachments:
            files = await self._files(reply)
            if not isinstance(files, list):
                return files
            form = {**body, "private": "false", "content_attributes": json.dumps(attributes)}
            answer = await self.api.upload(connection, account, path, form, files)
        else:
            body["content_attributes"] = attributes
            answer = await self.api.post(connection, account, path, body)
        sent = object_of(answer)
        if not isinstance(sent, Mapping):
            return sent
        message_id = sent.get("id")
        if not isinstance(message_id, int):
            return Unclear("Chatwoot answered without a message id")
        return Sent((str(message_id),))

    async def _files(self, reply: Reply) -> list[tuple[str, tuple[str, bytes, str]]] | Refused | NotTried:
        room, files = FILES_LIMIT, []
        for attachment in reply.attachments:
            content = await self.files.load(reply.account_id, attachment, most_bytes=room)
            if not isinstance(content, bytes):
                return content
            room -= len(content)
            files.append(("attachments[]", (name_of(attachment), content, type_of(attachment))))
        return files

    async def connect(self, connection: Connection) -> Mapping[str, Any] | Refused:
        """Ask for a conversation that cannot be: whoever may ask is told that it is not there. The webhook is
        set up in Chatwoot, which makes its secret.
        """
        account = _text(connection, "account_id")
        answer = await self.api.caller.get(
            address(connection, account, "conversations/0"), headers=headers(connection)
        )
        if isinstance(answer, HttpAnswer):
            # A bot's token may not look, and is told so: it is known.
            known = answer.status == 401 and "not authorized" in words_of(answer)
            if (answer.status == 404 and answer.body is not None) or known:
                return {}
        outcome = object_of(answer)
        if isinstance(outcome, Refused):
            return outcome
        return Refused(outcome.code if isinstance(outcome, Retry) else "unexpected_answer")

    def complete(self, credentials: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str] | None:
        """Access token, and the secret of the webhook: Chatwoot's own, or for installations that sign nothing
        one made here, which stands in the webhook's address.
        """
        token = credentials.get("token", "")
        secret = credentials.get("webhook_secret") or known.get("webhook_secret") or secrets.token_urlsafe(32)
        if not _TOKEN.fullmatch(token) or not _TOKEN.fullmatch(secret):
            return None
        return {"token": token, "webhook_secret": secret}


def _is_missing(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.code == CONVERSATION_MISSING


def _text(connection: Connection, name: str) -> str:
    value = connection.settings.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _named(to: str) -> dict[str, str]:
    """Under which of Chatwoot's three addresses somebody is known."""
    if _PHONE.fullmatch(to):
        return {"phone_number": to}
    return {"email": to.lower()} if "@" in to else {"identifier": to}


def _is(person: Mapping[str, Any], to: str) -> bool:
    [(name, value)] = _named(to).items()
    given = person.get(name)
    return isinstance(given, str) and (given.lower() if name == "email" else given) == value


def _start_of(inbox: str, source_id: Any, contact_id: Any) -> dict[str, Any] | Outcome:
    if not isinstance(source_id, str) or not isinstance(contact_id, int):
        return Refused("unexpected_answer", "Chatwoot gave the contact no address in the inbox")
    return {"inbox_id": int(inbox), "source_id": source_id, "contact_id": contact_id}
