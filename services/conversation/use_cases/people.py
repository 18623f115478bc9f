"""What the use cases about people share."""

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.people import ReleaseConversation
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.ports import Transaction

#: Conversations that are taken from somebody who works no more: those of the newest activity.
MOST_TAKEN = 1_000


async def keep_person(person: Person, tx: Transaction) -> Person:
    """Store somebody. Raises DomainError `not_found`, `invalid` for a department that there is not,
    `conflict` for an address that somebody else has.
    """
    await check_departments(person.departments, tx)
    other = await tx.person_of_email(person.email)
    if other is not None and other.id != person.id:
        raise DomainError(ErrorCode.CONFLICT, "the address belongs to somebody else")
    await tx.put_person(person)
    return person


async def load_person(person_id: str, tx: Transaction) -> Person:
    """Somebody of the account. Raises DomainError `not_found`."""
    person = await tx.person(person_id)
    if person is None:
        raise no_person()
    return person


async def take_work_from(person_id: str, tx: Transaction) -> None:
    """Have what is assigned to somebody made nobody's."""
    for conversation_id in await tx.open_work_of(person_id, MOST_TAKEN):
        command = ReleaseConversation(actor=SYSTEM, conversation_id=conversation_id, person_id=person_id)
        tx.tell(command, conversation_id)


def no_person() -> DomainError:
    """For somebody whom the account does not have."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such person")
