"""Departments belong to the account; whoever names one must name one that exists."""

from collections.abc import Iterable

from libs.contracts.directory import Department
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.directory import Account
from services.conversation.use_cases.ports import Transaction


async def load_account(tx: Transaction) -> Account:
    """The account. Raises DomainError `not_found`."""
    account = await tx.account()
    if account is None:
        raise no_account()
    return account


async def check_departments(departments: Iterable[str], tx: Transaction) -> Account:
    """The account, which has all of these. Raises DomainError `not_found` without an account, `invalid` for
    a department it does not have.
    """
    account = await load_account(tx)
    if not account.has(departments):
        raise DomainError(ErrorCode.INVALID, "the account has no such department")
    return account


async def check_default_chatbot(department: Department, tx: Transaction) -> None:
    """Raise DomainError `invalid` when the account has no such chatbot."""
    if department.default_chatbot_id and await tx.chatbot(department.default_chatbot_id) is None:
        raise DomainError(ErrorCode.INVALID, "the account has no such chatbot")


def no_account() -> DomainError:
    """For an account that nobody registered."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such account")
