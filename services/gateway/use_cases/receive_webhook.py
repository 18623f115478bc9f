"""Take one post of a platform: verify, read, put it safely into the broker. Keeps no state."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

from libs.contracts.base import Actor
from libs.contracts.conversation import MOST_PAYLOAD, RecordInboundMessage
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.inbound import MatchReceipt, MoveThread
from libs.contracts.platform_console import PLATFORM
from libs.contracts.vocabulary import ActorKind, Channel
from services.gateway.domain.inbound import Inbound, Moved, Receipt, TypingThere
from services.gateway.domain.webhooks import Post, WebhookChannel, read_authentic
from services.gateway.use_cases.console_commands import (
    console_command,
    contact_of,
    status_command,
    take_over_command,
)
from services.gateway.use_cases.keep_inline_files import KeepInlineFiles
from services.gateway.use_cases.ports import Connections, DeriveId, InboundMessages, Now, ThreadCommand

#: Tells whoever sees a conversation who is writing there. Raises nothing: it is of now alone.
PassTyping = Callable[[ConnectionSecrets, TypingThere], Awaitable[None]]


async def _pass_nothing(_: ConnectionSecrets, __: TypingThere) -> None:
    return None


class ReceiveWebhook:
    """Duplicates are stopped where the message is stored; here they only share an id."""

    def __init__(
        self,
        channels: Mapping[Channel, WebhookChannel],
        connections: Connections,
        inbound: InboundMessages,
        *,
        now: Now,
        derive_id: DeriveId,
        keep_files: KeepInlineFiles | None = None,
        pass_typing: PassTyping = _pass_nothing,
    ) -> None:
        self._keep_files = keep_files
        self._pass_typing = pass_typing
        self._channels = {str(kind): channel for kind, channel in channels.items()}
        self._connections = connections
        self._inbound = inbound
        self._now = now
        self._derive_id = derive_id

    def channel(self, kind: str) -> WebhookChannel:
        """The channel of a kind. Raises DomainError `not_found`."""
        channel = self._channels.get(kind)
        if channel is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such channel.")
        return channel

    async def verify(self, kind: str, connection_id: str, post: Post) -> ConnectionSecrets:
        """The connection that an authentic post came to.

        Raises DomainError `unauthenticated`, alike for a forged post, one without anything to verify, a
        connection without a secret, and an unknown connection: each costs one comparison.
        """
        channel = self.channel(kind)
        connection = await self._connection(kind, connection_id)
        refusal = channel.refusal(post, connection or _nobody(kind))
        if connection is None or refusal is not None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "The webhook's secret is missing or wrong.")
        return connection

    async def challenge(self, kind: str, connection_id: str, asked: Mapping[str, str]) -> str:
        """The answer to a platform's handshake. Raises DomainError `forbidden`, alike for a wrong token and
        an unknown connection.
        """
        channel = self.channel(kind)
        connection = await self._connection(kind, connection_id)
        answer = channel.challenge(asked, connection or _nobody(kind))
        if connection is None or answer is None:
            raise DomainError(ErrorCode.FORBIDDEN, "The handshake's token is missing or wrong.")
        return answer

    async def take(self, connection: ConnectionSecrets, post: Post) -> None:
        """Publish what the post says, and keep it where nobody can tell.

        Raises DomainError `unreadable` for what is no JSON object, TransientError when the broker is away.
        """
        reading = read_authentic(self.channel(connection.channel), post, connection)
        unread = list(reading.unread)
        items: list[Inbound | Receipt | Moved] = [*reading.messages, *reading.receipts, *reading.moved]
        for one in items:
            home = await self._home(connection, one.number)
            if home is None:
                unread.append("a number that has no connection of this app")
            elif isinstance(one, Inbound):
                await self._record(home, one, post)
            elif isinstance(one, Receipt):
                await self._receipt(home, one)
            else:
                await self._moved(home, one)
        for taken in reading.taken_over:
            await self._thread(connection, taken.delivery_id, take_over_command(taken, connection))
        for settled in reading.settled:
            await self._thread(connection, settled.delivery_id, status_command(settled, connection))
        for reply in reading.console_replies:
            await self._thread(connection, reply.delivery_id, console_command(reply, connection))
        for typing in reading.typing:
            await self._pass_typing(connection, typing)
        if unread:
            await self._park(connection, post.body, "; ".join(dict.fromkeys(unread)))

    async def _home(self, connection: ConnectionSecrets, number: str | None) -> ConnectionSecrets | None:
        """The connection of the number that something in a post is about: of the same app, as that signed it.
        A connection that does not say its number takes every one.
        """
        own = connection.settings.get("phone_number_id")
        if number is None or own is None or str(own) == number:
            return connection
        other = await self._connections.of_number(connection.account_id, number)
        secret = (other.webhook_secret if other else None) or ""
        same_app = hmac.compare_digest(secret.encode(), (connection.webhook_secret or "").encode())
        return other if other is not None and same_app and other.status != "disconnected" else None

    async def _connection(self, kind: str, connection_id: str) -> ConnectionSecrets | None:
        connection = await self._connections.find(connection_id)
        if connection is None or connection.channel != kind or connection.status == "disconnected":
            return None
        return connection

    async def _record(self, connection: ConnectionSecrets, message: Inbound, post: Post) -> None:
        if self._keep_files is not None:
            message = await self._keep_files(connection, message, post.held)
        command_id = self._derive_id(connection.connection_id, message.delivery_id)
        command = self.command_of(message, connection)
        await self._inbound.record(command, id=command_id, account_id=connection.account_id)

    def command_of(self, message: Inbound, connection: ConnectionSecrets) -> RecordInboundMessage:
        """What is asked of the conversation service for a message."""
        author = message.author
        return RecordInboundMessage(
            actor=Actor(kind=ActorKind.CONTACT, id=author.alias, name=author.name),
            connection_id=connection.connection_id,
            chatbot_id=connection.chatbot_id,
            channel=connection.channel,
            session_id=message.session_id,
            target=message.target,
            delivery_id=message.delivery_id,
            external_id=message.external_id,
            contact=contact_of(author),
            kind=message.kind,
            content=message.content,
            attachments=message.attachments,
            reply_to=message.reply_to,
            expects_answer=message.expects_answer,
            received_at=self._now(),
            conversation_id=message.conversation_id,
            references=message.references,
            other_ids=message.other_ids,
            subject=message.subject,
            automatic=message.automatic,
            payload=message.payload[:MOST_PAYLOAD] if message.payload else None,
            forwarded=message.forwarded,
            sent_at=message.sent_at,
        )

    async def _receipt(self, connection: ConnectionSecrets, receipt: Receipt) -> None:
        command = MatchReceipt(
            actor=PLATFORM,
            connection_id=connection.connection_id,
            external_id=receipt.external_id,
            message_id=receipt.reference[:256] if receipt.reference else None,
            kind=receipt.kind,
            at=receipt.at,
            received_at=self._now(),
            error=receipt.error,
            lasting=receipt.lasting,
        )
        command_id = self._derive_id(connection.connection_id, "receipt", receipt.delivery_id)
        await self._inbound.receipt(command, id=command_id, account_id=connection.account_id)

    async def _moved(self, connection: ConnectionSecrets, moved: Moved) -> None:
        command = MoveThread(
            actor=PLATFORM,
            connection_id=connection.connection_id,
            session_id=moved.session_id,
            to_session_id=moved.to_session_id,
            to_target=moved.to_target,
            to_alias=moved.to_alias,
        )
        await self._thread(connection, moved.delivery_id, command)

    async def _thread(self, connection: ConnectionSecrets, delivery_id: str, command: ThreadCommand) -> None:
        command_id = self._derive_id(connection.connection_id, "thread", delivery_id)
        await self._inbound.about_thread(command, id=command_id, account_id=connection.account_id)

    async def _park(self, connection: ConnectionSecrets, body: bytes, reason: str) -> None:
        parked_id = self._derive_id(connection.connection_id, sha256(body).hexdigest())
        text = body[:_MOST_PARKED].decode(errors="replace")
        await self._inbound.park(id=parked_id, connection=connection, reason=reason, body=text)


#: Bytes of a parked body: what is larger has its beginning kept, and messages of the broker stay small.
_MOST_PARKED = 262_144

#: Compared against when there is no connection, so that an unknown one takes as long as a wrong secret.
_NOBODY = ConnectionSecrets(
    connection_id="nobody",
    account_id="nobody",
    chatbot_id="nobody",
    channel=Channel.TELEGRAM,
    status="connected",
    webhook_secret=secrets.token_hex(16),
    verify_token=secrets.token_hex(16),
)


def _nobody(kind: str) -> ConnectionSecrets:
    return _NOBODY.model_copy(update={"channel": kind})
