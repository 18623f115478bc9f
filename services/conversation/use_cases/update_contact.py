"""Change what is known of a contact; their conversations hear of a new name."""

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.contacts import ContactDetail, RenameContact, UpdateContact
from services.conversation.domain.contact import Contact
from services.conversation.domain.policy import visibility_of
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.read_contacts import no_contact

#: Conversations that hear of a new name: those of the newest activity.
MOST_RENAMED = 200


async def update_contact(command: UpdateContact, call: Call, tx: Transaction) -> ContactDetail:
    """The contact as it is now. Raises DomainError `not_found`, `invalid`."""
    contact = await load_contact(tx, command.contact_id, command.actor)
    renamed = contact.update(command, call.now)
    await tx.save_contact(contact)
    if renamed:
        for conversation_id in await tx.conversations_of_contact(contact.id, MOST_RENAMED):
            tell_name(tx, conversation_id, contact)
    return contact.detail(await tx.aliases_merged_into(contact.id))


def tell_name(tx: Transaction, conversation_id: str, contact: Contact) -> None:
    """Have a conversation show this contact under its present name."""
    command = RenameContact(actor=SYSTEM, conversation_id=conversation_id, contact=contact.view())
    tx.tell(command, conversation_id)


async def load_contact(tx: Transaction, contact_id: str, actor: Actor) -> Contact:
    """The contact, or the one it was merged into, for somebody who may see one of their conversations. Raises
    DomainError `not_found`.
    """
    contact = await tx.contact_by_id(contact_id)
    if contact is not None and contact.merged_into is not None:
        contact = await tx.contact_by_id(contact.merged_into)
    visibility = visibility_of(actor)
    if contact is None or not (visibility.everything or await tx.sees_contact(contact.id, visibility)):
        raise no_contact()
    return contact


async def rename_contact(command: RenameContact, _: Call, tx: Transaction) -> None:
    """Show the new name in one conversation, if it is still with this contact."""
    check_id(command.conversation_id)
    conversation = await tx.conversation(command.conversation_id)
    if conversation is None or conversation.contact.id != command.contact.id:
        return
    if conversation.contact != command.contact:
        conversation.rename_contact(command.contact)
        await tx.save(conversation)
