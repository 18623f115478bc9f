"""A new department."""

from libs.contracts.directory import CreateDepartment, Department
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.departments import check_default_chatbot, load_account
from services.conversation.use_cases.ports import Call, Transaction


async def create_department(command: CreateDepartment, _: Call, tx: Transaction) -> Department:
    """The department. Raises DomainError `forbidden`, `not_found`, `conflict`, and `invalid` for a default
    chatbot that there is not.
    """
    require_admin(command.actor)
    account = (await load_account(tx)).with_new(command.department)
    await check_default_chatbot(command.department, tx)
    await tx.put_account(account)
    return command.department
