"""Who of the team is there."""

from dataclasses import dataclass

from libs.contracts.presence import GetPresence, PresenceList
from services.conversation.domain.policy import actor_of, require_team
from services.conversation.domain.presence import presence_of, presence_view
from services.conversation.use_cases.assigning_ports import PresenceReads
from services.conversation.use_cases.directory_read_ports import Directory
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class GetPresenceOfTeam:
    """Takes GetPresence."""

    presence: PresenceReads
    directory: Directory

    async def __call__(self, query: GetPresence, call: Call) -> PresenceList:
        """Who is not offline. Raises DomainError `forbidden`."""
        require_team(actor_of(query.person, call.account_id))
        leases = await self.presence.present(call.account_id, call.now)
        people = await self.directory.people_by_ids(
            call.account_id, sorted({lease.person_id for lease in leases})
        )
        return PresenceList(
            items=tuple(
                presence_view(person, presence_of(one for one in leases if one.person_id == person.id))
                for person in people
            )
        )
