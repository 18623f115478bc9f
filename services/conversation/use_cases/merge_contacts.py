"""Two contacts turn out to be one person."""

from libs.contracts.base import SYSTEM
from libs.contracts.contacts import ContactDetail, MergeContacts, MoveToContact
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.update_contact import load_contact

#: Conversations that one merge moves.
MOST_MOVED = 5_000


async def merge_contacts(command: MergeContacts, call: Call, tx: Transaction) -> ContactDetail:
    """Make `contact_id` part of `into`; done already is answered as done. Raises DomainError `not_found` for
    what the caller may not know of, of another account above all, and `invalid` for a contact with itself.
    """
    source = await load_contact(tx, command.contact_id, command.actor)
    target = await load_contact(tx, command.into, command.actor)
    if command.contact_id == command.into:
        raise DomainError(ErrorCode.INVALID, "a contact cannot be merged with itself")
    if source.id != target.id:
        target.take_in(source, call.now)
        await tx.repoint_merged(source.id, target.id)
        await tx.save_contact(source)
        await tx.save_contact(target)
        for conversation_id in await tx.conversations_of_contact(source.id, MOST_MOVED):
            tx.tell(
                MoveToContact(
                    actor=SYSTEM,
                    conversation_id=conversation_id,
                    from_contact_id=source.id,
                    contact=target.view(),
                ),
                conversation_id,
            )
    return target.detail(await tx.aliases_merged_into(target.id))


async def move_to_contact(command: MoveToContact, _: Call, tx: Transaction) -> None:
    """Show a conversation with the other contact, if it is still with the merged one."""
    check_id(command.conversation_id)
    conversation = await tx.conversation(command.conversation_id)
    if conversation is None or conversation.contact.id != command.from_contact_id:
        return
    # The other one may have been merged, renamed or erased itself since.
    contact = await tx.contact_by_id(command.contact.id)
    if contact is not None and contact.merged_into is not None:
        contact = await tx.contact_by_id(contact.merged_into)
    conversation.rename_contact(contact.view() if contact is not None else command.contact)
    await tx.save(conversation)
