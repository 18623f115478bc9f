"""The people of an account, for administrators."""

from dataclasses import dataclass

from libs.contracts.conversation import Person
from libs.contracts.people import FindPerson, ListPeople, PersonPage
from services.conversation.domain.contact import search_key
from services.conversation.domain.policy import actor_of, require_admin
from services.conversation.use_cases.directory_read_ports import Directory, PeopleFilter
from services.conversation.use_cases.id_cursor import after_of, page_of
from services.conversation.use_cases.people import no_person
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class ListPeopleForAdmin:
    """Takes ListPeople."""

    directory: Directory

    async def __call__(self, query: ListPeople, call: Call) -> PersonPage:
        """A page. Raises DomainError `forbidden`, `invalid` for what is no cursor."""
        require_admin(actor_of(query.person, call.account_id))
        wanted = PeopleFilter(
            role=query.role,
            department=query.department,
            prefix=search_key(query.search) if query.search else None,
        )
        found = await self.directory.people(
            call.account_id, wanted, after_of(query.cursor), query.page_size + 1
        )
        shown, next_cursor = page_of(found, query.page_size)
        return PersonPage(items=tuple(shown), next_cursor=next_cursor)


@dataclass(frozen=True)
class FindPersonForAdmin:
    """Takes FindPerson."""

    directory: Directory

    async def __call__(self, query: FindPerson, call: Call) -> Person:
        """One of them. Raises DomainError `forbidden`, `not_found`."""
        require_admin(actor_of(query.person, call.account_id))
        person = await self.directory.person(call.account_id, query.person_id)
        if person is None:
            raise no_person()
        return person
