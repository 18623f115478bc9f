"""Departments belong to the account; whoever names one must name one that exists."""

from collections.abc import Iterable

from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.use_cases.ports import Transaction


async def check_departments(departments: Iterable[str], tx: Transaction) -> None:
    """Raise DomainError `not_found` without an account, `invalid` for a department it does not have."""
    account = await tx.account()
    if account is None:
        raise DomainError(ErrorCode.NOT_FOUND, "there is no such account")
    if not set(departments) <= set(account.departments):
        raise DomainError(ErrorCode.INVALID, "the account has no such department")
