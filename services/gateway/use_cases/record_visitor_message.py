"""A visitor writes in the widget."""

from collections.abc import Sequence

from libs.contracts.conversation import InboundContact, RecordInboundMessage
from libs.contracts.files import kind_of_message, owned_by_contact
from libs.contracts.vocabulary import Channel
from services.gateway.domain.callers import VisitorCaller
from services.gateway.use_cases.attach_files import AttachFiles
from services.gateway.use_cases.ports import DeriveId, InboundMessages, Now


class RecordVisitorMessage:
    """Returns when the message is safe; the client's own id makes a second sending the same message."""

    def __init__(
        self, inbound: InboundMessages, attach: AttachFiles, *, now: Now, derive_id: DeriveId
    ) -> None:
        self._inbound = inbound
        self._attach = attach
        self._now = now
        self._derive_id = derive_id

    async def __call__(
        self,
        visitor: VisitorCaller,
        *,
        content: str,
        client_message_id: str,
        attachments: Sequence[str] = (),
    ) -> None:
        """`attachments` are ids of files that this visitor uploaded. Raises DomainError `invalid` for others,
        TransientError when the broker is away.
        """
        owner = owned_by_contact(visitor.connection_id, visitor.visitor_id)
        attached = await self._attach(visitor.account_id, owner, attachments)
        # Clients number their messages as they like: the id is unique within the visitor's session only.
        delivery_id = f"{visitor.visitor_id}:{client_message_id}"
        await self._inbound.record(
            RecordInboundMessage(
                actor=visitor.actor(),
                connection_id=visitor.connection_id,
                chatbot_id=visitor.chatbot_id,
                channel=Channel.WIDGET,
                session_id=visitor.session_id,
                target=visitor.session_id,
                delivery_id=delivery_id,
                external_id=delivery_id,
                contact=InboundContact(alias=visitor.visitor_id, name=visitor.name),
                kind=kind_of_message(attached),
                content=content,
                attachments=attached,
                client_message_id=client_message_id,
                received_at=self._now(),
            ),
            id=self._derive_id(visitor.connection_id, delivery_id),
            account_id=visitor.account_id,
        )
