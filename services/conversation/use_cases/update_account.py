"""Change the account's own settings."""

from libs.contracts.directory import AccountView, UpdateAccount
from services.conversation.domain.policy import require_admin
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.departments import load_account
from services.conversation.use_cases.ports import Call, Transaction


async def update_account(command: UpdateAccount, _: Call, tx: Transaction) -> AccountView:
    """The account as it is now. Raises DomainError `forbidden`, `not_found`, `invalid`."""
    require_admin(command.actor)
    account = (await load_account(tx)).changed(command)
    await tx.put_account(account)
    await assign_soon(tx)
    return account.view()
