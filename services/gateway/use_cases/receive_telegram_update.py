"""Take one update from Telegram: verify, read, put it safely into the broker. Keeps no state."""

import hmac
import json
from hashlib import sha256
from typing import Any

from libs.contracts.base import Actor
from libs.contracts.conversation import InboundContact, RecordInboundMessage
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import ActorKind, Channel
from services.gateway.domain.telegram_address import Bot
from services.gateway.domain.telegram_fields import UnreadableUpdateError
from services.gateway.domain.telegram_updates import Inbound, read_update
from services.gateway.use_cases.ports import Connections, DeriveId, InboundMessages, Now

#: Compared against when there is no secret, so that an unknown connection takes as long as a wrong one.
_NO_SECRET = b"\0" * 32


class ReceiveTelegramUpdate:
    """Duplicates are stopped where the message is stored; here they only share an id."""

    def __init__(
        self, connections: Connections, inbound: InboundMessages, *, now: Now, derive_id: DeriveId
    ) -> None:
        self._connections = connections
        self._inbound = inbound
        self._now = now
        self._derive_id = derive_id

    async def verify(self, connection_id: str, secret: bytes | None) -> ConnectionSecrets:
        """The connection whose secret this is. Raises DomainError `unauthenticated`, alike for a wrong
        secret, none at all, a connection without one, and an unknown connection.
        """
        connection = await self._connections.find(connection_id)
        usable = (
            connection is not None
            and connection.channel is Channel.TELEGRAM
            and connection.status != "disconnected"
            and bool(connection.webhook_secret)
        )
        expected = _NO_SECRET
        if connection is not None and connection.webhook_secret:
            expected = connection.webhook_secret.encode()
        same = hmac.compare_digest(secret or b"", expected)
        if connection is None or not usable or not same:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "The webhook's secret is missing or wrong.")
        return connection

    async def take(self, connection: ConnectionSecrets, body: bytes) -> None:
        """Publish what the update says, or park it when nobody can tell.

        Raises DomainError `unreadable` for what is no JSON object, TransientError when the broker is away.
        """
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise _not_json() from error
        try:
            update = _parse(text)
            messages = read_update(update, _bot(connection))
        except UnreadableUpdateError as error:
            await self._park(connection, text, str(error))
            return
        for message in messages:
            await self._record(connection, message)

    async def _record(self, connection: ConnectionSecrets, message: Inbound) -> None:
        author = message.author
        command = RecordInboundMessage(
            actor=Actor(kind=ActorKind.CONTACT, id=author.alias, name=author.name),
            connection_id=connection.connection_id,
            chatbot_id=connection.chatbot_id,
            channel=Channel.TELEGRAM,
            session_id=message.session_id,
            target=message.target,
            delivery_id=message.delivery_id,
            external_id=message.external_id,
            contact=InboundContact(alias=author.alias, name=author.name),
            kind=message.kind,
            content=message.content,
            attachments=message.attachments,
            reply_to=message.reply_to,
            expects_answer=message.expects_answer,
            received_at=self._now(),
        )
        command_id = self._derive_id(connection.connection_id, message.delivery_id)
        await self._inbound.record(command, id=command_id, account_id=connection.account_id)

    async def _park(self, connection: ConnectionSecrets, text: str, reason: str) -> None:
        parked_id = self._derive_id(connection.connection_id, sha256(text.encode()).hexdigest())
        await self._inbound.park(id=parked_id, connection=connection, reason=reason, body=text)


def _parse(text: str) -> dict[str, Any]:
    try:
        update = json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_json() from error
    except (RecursionError, ValueError) as error:
        # JSON all the same: nested deeper, or with longer numbers, than Python reads.
        raise UnreadableUpdateError("beyond what can be parsed") from error
    if type(update) is not dict:
        raise _not_json()
    return update


def _bot(connection: ConnectionSecrets) -> Bot:
    username = connection.settings.get("bot_username")
    bot_id = connection.settings.get("bot_id")
    return Bot(
        username=username.removeprefix("@") if isinstance(username, str) else None,
        id=int(bot_id) if isinstance(bot_id, int | str) and str(bot_id).isdecimal() else None,
    )


def _not_json() -> DomainError:
    return DomainError(ErrorCode.UNREADABLE, "The body is not a JSON object.")
