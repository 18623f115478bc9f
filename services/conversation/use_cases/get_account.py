"""The account and its departments, for those who work in it."""

from dataclasses import dataclass

from libs.contracts.directory import AccountView, GetAccount
from services.conversation.domain.policy import actor_of, require_team
from services.conversation.use_cases.departments import no_account
from services.conversation.use_cases.directory_read_ports import Directory
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class GetAccountForPerson:
    """Takes GetAccount."""

    directory: Directory

    async def __call__(self, query: GetAccount, call: Call) -> AccountView:
        """The account. Raises DomainError `forbidden`, `not_found`."""
        require_team(actor_of(query.person, call.account_id))
        account = await self.directory.account(call.account_id)
        if account is None:
            raise no_account()
        return account.view()
