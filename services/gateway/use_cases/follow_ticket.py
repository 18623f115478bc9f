"""The room of one ticket, for one socket."""

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.topics import LONGEST_ID, Room, conversation_room
from services.gateway.use_cases.follow_room import FollowRoom
from services.gateway.use_cases.follower import Follower, sight_of_person
from services.gateway.use_cases.ports import Conversations, Sink


class FollowTicket:
    """A view of the hub: the room of the ticket's conversation, and nothing else."""

    def __init__(
        self,
        follow: FollowRoom,
        conversations: Conversations,
        caller: PersonCaller,
        ticket_id: str,
        sink: Sink,
    ) -> None:
        self._follow = follow
        self._conversations = conversations
        self._caller = caller
        self._ticket_id = ticket_id
        self._sink = sink
        self._followed: tuple[Room, Follower] | None = None

    async def start(self, last_seq: int | None) -> None:
        """Follow from `last_seq` on, or from now. Raises DomainError `not_found` for what is no ticket or may
        not be seen, TransientError when nobody answers.
        """
        caller = self._caller
        if len(self._ticket_id) > LONGEST_ID:
            raise _no_ticket()
        found = await self._conversations.find_for_person(caller.person, conversation_id=self._ticket_id)
        ticket = found.conversation
        if ticket is None or ticket.requester_id is None or ticket.account_id != caller.account_id:
            raise _no_ticket()
        room = conversation_room(caller.account_id, ticket.id)
        follower = await self._follow(
            f"ticket_{ticket.id}",
            room,
            sight_of_person(caller.person),
            self._sink,
            current=found.sequence,
            # What is not meant for requesters stays so, however old it is.
            cleared=0 if caller.role == Role.USER else found.sequence,
            last_seq=last_seq,
        )
        self._followed = (room, follower)

    def close(self) -> None:
        """Leave."""
        if self._followed is not None:
            self._follow.hub.leave(*self._followed)


def _no_ticket() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such ticket.")
