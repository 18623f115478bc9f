"""Create an agent, an admin or a requester, or bring them up to date."""

from libs.contracts.conversation import Person, RegisterPerson
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.ports import Call, Transaction


async def register_person(command: RegisterPerson, call: Call, tx: Transaction) -> Person:
    """Raises DomainError `forbidden`, `not_found` for another or unregistered account, and `invalid` for a
    role or department that does not exist.
    """
    require_admin(command.actor)
    person = command.person
    if person.account_id != call.account_id:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such account")
    if person.role not in set(Role):
        raise DomainError(ErrorCode.INVALID, "there is no such role")
    await check_departments(person.departments, tx)
    await tx.put_person(person)
    return person
