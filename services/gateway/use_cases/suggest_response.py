"""Have a reply proposed, and wait for it."""

from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.suggestions import DraftRequested, GetSuggestion, SuggestionView
from libs.contracts.tickets import ContextMessage, SuggestResponse
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import DeriveId
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.run_query import Queries
from services.gateway.use_cases.wait_for import wait_for

#: Seconds to wait for one proposal. After them it is asked for once more.
LIMIT = 8.0


class SuggestResponseAndWait:
    """A proposal that something newer took the place of, or that got lost, is asked for a second time."""

    def __init__(
        self, run: RunCommand, queries: Queries, derive_id: DeriveId, *, limit: float = LIMIT
    ) -> None:
        self._run = run
        self._queries = queries
        self._derive_id = derive_id
        self._limit = limit

    async def __call__(
        self,
        caller: PersonCaller,
        ticket_id: str,
        context: tuple[ContextMessage, ...],
        command_id: str,
    ) -> SuggestionView:
        """The proposal. Raises DomainError as the command does, TransientError when none came in time."""
        command = SuggestResponse(actor=caller.actor(), conversation_id=ticket_id, context=context)
        for attempt in (command_id, self._derive_id("once-more", command_id)):
            asked = await self._run(
                caller, command, conversation_id=ticket_id, command_id=attempt, answer=DraftRequested
            )
            found = await self._wait(caller, ticket_id, asked.request_id)
            if found is not None:
                return found
        raise TransientError(ErrorCode.UNAVAILABLE, "No suggestion came in time.", conversation_id=ticket_id)

    async def _wait(self, caller: PersonCaller, ticket_id: str, suggestion_id: str) -> SuggestionView | None:
        query = GetSuggestion(person=caller.person, conversation_id=ticket_id, suggestion_id=suggestion_id)

        async def look() -> SuggestionView | None:
            try:
                return await self._queries.ask(query, account_id=caller.account_id, answer=SuggestionView)
            except DomainError as error:
                if error.code == ErrorCode.NOT_FOUND:
                    return None
                raise

        return await wait_for(look, self._limit)
