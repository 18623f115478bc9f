"""Create an account or bring it up to date."""

from libs.contracts.conversation import RegisterAccount
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.directory import Account
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.ports import Call, Transaction


async def register_account(command: RegisterAccount, call: Call, tx: Transaction) -> None:
    """Departments that stay keep their settings. Raises DomainError `forbidden`, and `not_found` for an
    account that is not the caller's.
    """
    require_admin(command.actor)
    if command.account_id != call.account_id:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such account")
    account = await tx.account() or Account(id=command.account_id, name=command.name)
    await tx.put_account(account.renamed(command.name, command.departments))
