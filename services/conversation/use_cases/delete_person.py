"""Remove a person."""

from libs.contracts.conversation import Person
from libs.contracts.people import DeletePerson
from services.conversation.domain.people import check_administration, works_no_more
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.people import load_person, take_work_from
from services.conversation.use_cases.ports import Call, Transaction


async def delete_person(command: DeletePerson, _: Call, tx: Transaction) -> Person:
    """The person as they were. Raises DomainError `forbidden`, `not_found`, `conflict`."""
    require_admin(command.actor)
    before = await load_person(command.person_id, tx)
    check_administration(command.actor, before, None, await tx.other_admins(before.id))
    if works_no_more(before, None):
        await take_work_from(before.id, tx)
    await tx.delete_presence_leases(await tx.presence_leases(before.id))
    await tx.delete_person(before.id)
    return before
