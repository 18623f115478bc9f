"""Somebody is no more."""

from libs.contracts.gateway import RemoveCredentials
from services.gateway.use_cases.ports import Credentials, Families


class RemoveCredentialsOfPerson:
    """Ends what they log in with, and every log-in of theirs. Done already changes nothing."""

    def __init__(self, credentials: Credentials, families: Families) -> None:
        self._credentials = credentials
        self._families = families

    async def __call__(self, command: RemoveCredentials, *, account_id: str) -> None:
        """Of this account alone: who has none here keeps their log-ins elsewhere."""
        if await self._credentials.remove(command.person_id, account_id):
            await self._families.revoke_person(command.person_id, account_id)
