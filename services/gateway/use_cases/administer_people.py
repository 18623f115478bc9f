"""The people of an account: the directory keeps who they are, the gateway what they log in with."""

from dataclasses import dataclass

from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError
from libs.contracts.people import CreatePerson, DeletePerson, FindPerson, UpdatePerson
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ports import Credential, Credentials, Families, Now, Passwords
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.run_query import Queries


@dataclass(frozen=True)
class AdministerPeople:
    """Creates, changes and removes. Who may, and what may become of whom, the directory says."""

    run: RunCommand
    queries: Queries
    credentials: Credentials
    families: Families
    passwords: Passwords
    now: Now
    audit: Auditing

    async def create(
        self, caller: PersonCaller, person: Person, password: str | None, command_id: str
    ) -> Person:
        """Somebody new, who can log in when there is a password. Raises DomainError as the directory says,
        and `conflict` for an address that somebody logs in with, in whichever account.
        """
        if password is not None:
            await self._set(person, password)
        try:
            command = CreatePerson(actor=caller.actor(), person=person)
            return await self._carry_out(caller, command, command_id)
        except DomainError:
            if password is not None:
                await self.credentials.remove(person.id, person.account_id)
            raise

    async def update(self, caller: PersonCaller, changes: UpdatePerson, command_id: str) -> Person:
        """The person as they are now. Who loses rights is logged out: tokens say what one may do."""
        before = await self._find(caller, changes.person_id)
        former = None
        if changes.email is not None:
            former = await self.credentials.readdress(before.id, caller.account_id, changes.email)
        try:
            after = await self._carry_out(caller, changes, command_id)
        except DomainError:
            if former is not None:
                await self.credentials.readdress(before.id, caller.account_id, former)
            raise
        less = not set(before.departments) <= set(after.departments) or not after.active
        if after.role != before.role or less:
            await self.families.revoke_person(after.id, caller.account_id)
        return after

    async def delete(self, caller: PersonCaller, person_id: str, command_id: str) -> Person:
        """The person as they were; they are logged out. Should this end in between, they are nobody for a
        log-in already, and a repeat goes on.
        """
        command = DeletePerson(actor=caller.actor(), person_id=person_id)
        gone = await self._carry_out(caller, command, command_id)
        await self.credentials.remove(gone.id, caller.account_id)
        await self.families.revoke_person(gone.id, caller.account_id)
        return gone

    async def set_password(self, caller: PersonCaller, person_id: str, password: str) -> Person:
        """Let somebody log in with another password; every log-in of theirs ends. Raises DomainError
        `not_found`, `forbidden`, `conflict` for an address that somebody else logs in with.
        """
        person = await self._find(caller, person_id)
        await self._set(person, password)
        await self.families.revoke_person(person.id, caller.account_id)
        await self.audit(caller, "set_password", targets={"person": person.id})
        return person

    async def _set(self, person: Person, password: str) -> None:
        await self.credentials.set(
            Credential(
                person_id=person.id,
                account_id=person.account_id,
                email=person.email.strip().lower(),
                password_hash=await self.passwords.hash(password),
                set_at=self.now(),
            )
        )

    async def _find(self, caller: PersonCaller, person_id: str) -> Person:
        query = FindPerson(person=caller.person, person_id=person_id)
        return await self.queries.ask(query, account_id=caller.account_id, answer=Person)

    async def _carry_out(
        self, caller: PersonCaller, command: CreatePerson | UpdatePerson | DeletePerson, command_id: str
    ) -> Person:
        return await self.run(caller, command, conversation_id=None, command_id=command_id, answer=Person)
