"""Let a person log in, or with another password than before."""

from datetime import datetime

from libs.contracts.gateway import SetCredentials
from services.gateway.use_cases.ports import Credential, Credentials, Families


class SetCredentialsOfPerson:
    """The newest command wins, in whatever order they arrive. A new password ends every session."""

    def __init__(self, credentials: Credentials, families: Families) -> None:
        self._credentials = credentials
        self._families = families

    async def __call__(self, command: SetCredentials, *, account_id: str, given_at: datetime) -> None:
        """Raises DomainError `conflict` when the address is somebody else's."""
        changed = await self._credentials.set(
            Credential(
                person_id=command.person_id,
                account_id=account_id,
                email=command.email.strip().lower(),
                password_hash=command.password_hash,
                set_at=given_at,
            )
        )
        if changed:
            await self._families.revoke_person(command.person_id, account_id)
