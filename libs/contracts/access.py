"""Who may see a conversation: the one rule, shared by the service that answers and the gateway that fans out.

A person of the account sees a conversation when they are an admin, when it has no department, when it is in
one of their departments, or when it is assigned to them. A requester sees none here: theirs are found by
contact. An API key sees all of its account; which operations it may call, its scopes say.
"""

from collections.abc import Iterable

from libs.contracts.api_keys import KEY_ROLE
from libs.contracts.vocabulary import Role


def may_see(
    *, role: str, person_id: str, departments: Iterable[str], department: str | None, assignee_id: str | None
) -> bool:
    """Whether a person may know of a conversation in `department`, assigned to `assignee_id`."""
    if role in {Role.ADMIN, KEY_ROLE}:
        return True
    if role != Role.AGENT:
        return False
    return department is None or department in set(departments) or assignee_id == person_id
