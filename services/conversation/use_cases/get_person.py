"""A person of the account."""

from dataclasses import dataclass

from libs.contracts.conversation import GetPerson, Person
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.use_cases.ports import Call, Conversations


@dataclass(frozen=True)
class GetPersonOfAccount:
    """Takes GetPerson."""

    conversations: Conversations

    async def __call__(self, query: GetPerson, call: Call) -> Person:
        """The person. Raises DomainError `not_found`."""
        person = await self.conversations.person(call.account_id, query.person_id)
        if person is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such person")
        return person
