"""Somebody is writing on a platform: told to whoever sees the conversation, as typing here is."""

from libs.contracts.conversation import FindConversation, FoundConversation, Sender
from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.typing_frames import typing_frames
from libs.contracts.vocabulary import SenderKind
from services.gateway.domain.inbound import TypingThere
from services.gateway.use_cases.ports import Now
from services.gateway.use_cases.run_query import Queries
from services.gateway.use_cases.tell_typing import PassOn


class PassTypingOn:
    """What platforms tell of typing. It is of now alone: what cannot be passed on at once is let go."""

    def __init__(self, queries: Queries, pass_on: PassOn, now: Now) -> None:
        self._queries = queries
        self._pass_on = pass_on
        self._now = now

    async def __call__(self, connection: ConnectionSecrets, typing: TypingThere) -> None:
        """Tell those who see the conversation, where there is one. Raises nothing of the broker's."""
        try:
            await self._tell(connection, typing)
        except (DomainError, TransientError):
            return

    async def _tell(self, connection: ConnectionSecrets, typing: TypingThere) -> None:
        query = FindConversation(connection_id=connection.connection_id, session_id=typing.session_id)
        found = await self._queries.ask(query, account_id=connection.account_id, answer=FoundConversation)
        conversation = found.conversation
        if conversation is None or conversation.account_id != connection.account_id:
            return
        if typing.by_contact:
            contact = conversation.contact
            sender = Sender(kind=SenderKind.CONTACT, id=contact.id, name=contact.name)
        else:
            sender = Sender(kind=SenderKind.AGENT, id="platform", name=typing.name)
        for frame in typing_frames(conversation, sender, typing=typing.typing, at=self._now()):
            await self._pass_on(frame)
