"""Contacts, for those who work with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.contracts.contacts import ContactDetail, ContactPage, GetContact, ListContacts
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.contact import Contact, search_key
from services.conversation.domain.policy import Visibility, actor_of, visibility_of
from services.conversation.use_cases.contact_ports import Contacts
from services.conversation.use_cases.id_cursor import after_of, page_of
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class ListContactsForPerson:
    """Takes ListContacts."""

    contacts: Contacts

    async def __call__(self, query: ListContacts, call: Call) -> ContactPage:
        """A page of those whom the caller may see. Raises DomainError `invalid` for what is no cursor,
        `forbidden` for somebody who works with no contacts.
        """
        visibility = _visibility(query.person, call)
        after = after_of(query.cursor)
        prefix = search_key(query.search) if query.search else None
        # One more than the page shows whether there is a next one.
        found = await self.contacts.search(call.account_id, prefix, after, query.page_size + 1)
        shown, next_cursor = page_of(found, query.page_size)
        return ContactPage(
            items=await _details(self.contacts, call, shown, visibility),
            next_cursor=next_cursor,
        )


@dataclass(frozen=True)
class GetContactForPerson:
    """Takes GetContact."""

    contacts: Contacts

    async def __call__(self, query: GetContact, call: Call) -> ContactDetail:
        """The contact, or the one it was merged into. Raises DomainError `not_found`, `forbidden`."""
        visibility = _visibility(query.person, call)
        contact = await self.contacts.contact(call.account_id, query.contact_id)
        if contact is not None and contact.merged_into is not None:
            contact = await self.contacts.contact(call.account_id, contact.merged_into)
        details = await _details(self.contacts, call, [contact] if contact else [], visibility)
        if not details:
            raise no_contact()
        return details[0]


def no_contact() -> DomainError:
    """What everybody hears who asks for a contact that does not exist for them."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such contact")


def _visibility(person: Person, call: Call) -> Visibility:
    visibility = visibility_of(actor_of(person, call.account_id))
    if visibility.nothing:
        raise DomainError(ErrorCode.FORBIDDEN, "contacts are for those who work with them")
    return visibility


async def _details(
    contacts: Contacts, call: Call, found: Sequence[Contact], visibility: Visibility
) -> tuple[ContactDetail, ...]:
    ids = [one.id for one in found]
    seen = set(ids) if visibility.everything else await contacts.seen(call.account_id, ids, visibility)
    others = await contacts.merged_aliases(call.account_id, ids)
    return tuple(one.detail(others.get(one.id, ())) for one in found if one.id in seen)
