"""Change a person."""

from libs.contracts.conversation import Person
from libs.contracts.people import UpdatePerson
from services.conversation.domain.people import changed, check_administration, works_no_more
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.people import keep_person, load_person, take_work_from
from services.conversation.use_cases.ports import Call, Transaction


async def update_person(command: UpdatePerson, _: Call, tx: Transaction) -> Person:
    """The person as they are now. Raises DomainError `forbidden`, `not_found`, `conflict`, `invalid`."""
    require_admin(command.actor)
    before = await load_person(command.person_id, tx)
    after = changed(before, command)
    check_administration(command.actor, before, after, await tx.other_admins(before.id))
    if works_no_more(before, after):
        await take_work_from(before.id, tx)
    kept = await keep_person(after, tx)
    await assign_soon(tx)
    return kept
