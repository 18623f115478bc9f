"""Erase a person, step by step, until every service has nothing left of them."""

from dataclasses import dataclass

from libs.contracts.base import SYSTEM
from libs.contracts.erasure import (
    AcknowledgeErasure,
    EraseContact,
    EraseConversation,
    ErasureView,
    GetErasure,
)
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.erasing import erase
from services.conversation.domain.erasure import Erasure
from services.conversation.domain.policy import actor_of, require_admin
from services.conversation.use_cases.contact_ports import Erasures
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.read_contacts import no_contact

#: Conversations of one contact that one erasure takes.
MOST_ERASED = 5_000


@dataclass(frozen=True)
class BeginErasure:
    """Takes EraseContact."""

    new_id: NewId

    async def __call__(self, command: EraseContact, call: Call, tx: Transaction) -> ErasureView:
        """Forget the contact and tell their conversations. From here on the alias is somebody new. Raises
        DomainError `forbidden`, `not_found`.
        """
        require_admin(command.actor)
        known = await tx.erasure_of(command.contact_id)
        if known is not None:
            return known.view()
        contact = await tx.contact_by_id(command.contact_id)
        if contact is not None and contact.merged_into is not None:
            contact = await tx.contact_by_id(contact.merged_into)
        if contact is None:
            raise no_contact()
        forgotten = await tx.forget_contact(contact.id)
        conversation_ids: list[str] = []
        for one in forgotten:
            conversation_ids += await tx.conversations_of_contact(one.id, MOST_ERASED)
        erasure = Erasure.begin(
            id=self.new_id(),
            account_id=call.account_id,
            contact_id=contact.id,
            contact_ids=[one.id for one in forgotten],
            aliases=[alias for one in forgotten for alias in one.detail().aliases],
            conversation_ids=conversation_ids[:MOST_ERASED],
            at=call.now,
        )
        await tx.save_erasure(erasure)
        for conversation_id in erasure.conversation_ids:
            tx.tell(
                EraseConversation(actor=SYSTEM, erasure_id=erasure.id, conversation_id=conversation_id),
                conversation_id,
            )
        return erasure.view()


async def erase_conversation(command: EraseConversation, call: Call, tx: Transaction) -> None:
    """Leave a shell of the conversation. Done again, it tells the others once more."""
    check_id(command.conversation_id)
    conversation = await tx.conversation(command.conversation_id)
    erasure = await tx.erasure(command.erasure_id)
    if conversation is None or erasure is None or conversation.id not in erasure.conversation_ids:
        return
    names = {conversation.id, conversation.session_id, conversation.contact_alias, *erasure.contact_ids}
    names |= {alias.alias for alias in erasure.aliases}
    erase(conversation, command.actor, call.now, erasure.id)
    await tx.erase_records(conversation.id, connection_id=conversation.connection_id, names=frozenset(names))
    await tx.save(conversation)
    if erasure.acknowledge("conversation", conversation.id, call.now):
        await tx.save_erasure(erasure)


async def acknowledge_erasure(command: AcknowledgeErasure, call: Call, tx: Transaction) -> None:
    """A service has nothing left."""
    erasure = await tx.erasure(command.erasure_id)
    if erasure is not None and erasure.acknowledge(command.service, command.conversation_id, call.now):
        await tx.save_erasure(erasure)


@dataclass(frozen=True)
class GetErasureForAdmin:
    """Takes GetErasure."""

    erasures: Erasures

    async def __call__(self, query: GetErasure, call: Call) -> ErasureView:
        """How far it is. Raises DomainError `forbidden`, `not_found`."""
        require_admin(actor_of(query.person, call.account_id))
        erasure = await self.erasures.erasure(call.account_id, query.erasure_id)
        if erasure is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such erasure")
        return erasure.view()
