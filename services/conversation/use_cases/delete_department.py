"""Remove a department."""

from libs.contracts.directory import DeleteDepartment, Department
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.departments import load_account
from services.conversation.use_cases.ports import Call, Transaction


async def delete_department(command: DeleteDepartment, _: Call, tx: Transaction) -> Department:
    """The department as it was. Raises DomainError `forbidden`, `not_found`, and `conflict` while something
    belongs to it: nobody's conversations would be left in a place that nobody looks at.
    """
    require_admin(command.actor)
    account = await load_account(tx)
    department = account.department(command.department_id)
    users = await tx.users_of_department(department.id)
    if users is not None:
        raise DomainError(ErrorCode.CONFLICT, f"the department still has {users}")
    await tx.put_account(account.without(department.id))
    return department
