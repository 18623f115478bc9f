"""What is asked of the conversation service for what people do in a platform's own console."""

from libs.contracts.conversation import InboundContact
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.inbound import TakeOverThread
from libs.contracts.platform_console import PLATFORM, FollowThreadStatus, RecordConsoleReply
from services.gateway.domain.inbound import Author, ConsoleReply, SettledThere, TakenOver


def take_over_command(taken: TakenOver, connection: ConnectionSecrets) -> TakeOverThread:
    """Of somebody who took a conversation there."""
    return TakeOverThread(
        actor=PLATFORM,
        connection_id=connection.connection_id,
        session_id=taken.session_id,
        by=taken.by,
        at=taken.at,
    )


def status_command(settled: SettledThere, connection: ConnectionSecrets) -> FollowThreadStatus:
    """Of somebody who changed its status there."""
    return FollowThreadStatus(
        actor=PLATFORM,
        connection_id=connection.connection_id,
        session_id=settled.session_id,
        status=settled.status,
        by=settled.by,
        at=settled.at,
    )


def console_command(reply: ConsoleReply, connection: ConnectionSecrets) -> RecordConsoleReply:
    """Of somebody who wrote to the contact there."""
    return RecordConsoleReply(
        actor=PLATFORM,
        connection_id=connection.connection_id,
        chatbot_id=connection.chatbot_id,
        channel=connection.channel,
        session_id=reply.session_id,
        target=reply.target,
        delivery_id=reply.delivery_id,
        external_id=reply.external_id,
        writer_id=reply.writer.alias,
        writer=reply.writer.name,
        contact=contact_of(reply.contact),
        kind=reply.kind,
        content=reply.content,
        attachments=reply.attachments,
        reply_to=reply.reply_to,
    )


def contact_of(author: Author) -> InboundContact:
    """Somebody on the other side, as the conversation service is told of them."""
    return InboundContact(
        alias=author.alias,
        name=author.name,
        aliases=author.aliases[:8],
        phone=author.phone,
        email=author.email,
    )
