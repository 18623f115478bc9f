"""Change a department."""

from libs.contracts.directory import Department, UpdateDepartment
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.departments import check_default_chatbot, load_account
from services.conversation.use_cases.ports import Call, Transaction


async def update_department(command: UpdateDepartment, _: Call, tx: Transaction) -> Department:
    """The department as it is now. Raises DomainError `forbidden`, `not_found`, `invalid`."""
    require_admin(command.actor)
    account = (await load_account(tx)).with_changed(command)
    department = account.department(command.department_id)
    await check_default_chatbot(department, tx)
    await tx.put_account(account)
    await assign_soon(tx)
    return department
