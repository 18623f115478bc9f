"""Somebody new."""

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.people import CreatePerson
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.people import keep_person, no_person
from services.conversation.use_cases.ports import Call, Transaction


async def create_person(command: CreatePerson, call: Call, tx: Transaction) -> Person:
    """The person. Raises DomainError `forbidden`, `not_found`, `conflict`, `invalid`."""
    require_admin(command.actor)
    if command.person.account_id != call.account_id:
        raise no_person()
    if await tx.person(command.person.id) is not None:
        raise DomainError(ErrorCode.CONFLICT, "there is somebody of this id already")
    return await keep_person(command.person, tx)
