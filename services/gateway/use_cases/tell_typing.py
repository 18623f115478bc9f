"""Somebody is writing just now: told to whoever may see the conversation, and kept nowhere."""

from collections.abc import Callable
from typing import Protocol

from libs.contracts.conversation import ConversationRef, Sender
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.frames import Frame
from libs.contracts.typing_frames import typing_frames
from libs.contracts.vocabulary import Role, SenderKind
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.domain.topics import Topic
from services.gateway.use_cases.ports import Conversations, Now

#: Frames of one person within so many seconds; what is more is passed over.
MOST, WITHIN = 6, 6.0


class PassOn(Protocol):
    """The way to every gateway."""

    async def __call__(self, frame: Frame) -> None:
        """Publish a frame. Raises TransientError."""
        ...


class TellTyping:
    """Whether they may is looked up each time: it is whether they see the conversation."""

    def __init__(
        self, conversations: Conversations, pass_on: PassOn, now: Now, clock: Callable[[], float]
    ) -> None:
        self._conversations = conversations
        self._pass_on = pass_on
        self._now = now
        self._clock = clock
        self._rate = TokenBuckets(MOST, WITHIN)

    async def person(self, caller: PersonCaller, topic: Topic, *, typing: bool) -> None:
        """An agent writes, or the requester of a ticket. Raises DomainError `not_found`, TransientError."""
        if self._rate.take(f"p:{caller.account_id}:{caller.person.id}", self._clock()):
            return
        conversation = await self.conversation_of(caller, topic)
        actor = caller.actor()
        if caller.role == Role.USER:
            sender = Sender(kind=SenderKind.CONTACT, id=conversation.contact.id, name=actor.name)
        else:
            sender = Sender(kind=SenderKind.AGENT, id=actor.id, name=actor.name)
        await self._tell(conversation, sender, typing)

    async def visitor(self, visitor: VisitorCaller, *, typing: bool) -> None:
        """The visitor writes. Before their first message there is nobody to tell."""
        if self._rate.take(f"v:{visitor.connection_id}:{visitor.visitor_id}", self._clock()):
            return
        found = (await self._conversations.find_for_visitor(visitor)).conversation
        if found is not None and found.account_id == visitor.account_id:
            contact = found.contact
            await self._tell(found, Sender(kind=SenderKind.CONTACT, id=contact.id, name=contact.name), typing)

    async def conversation_of(self, caller: PersonCaller, topic: Topic) -> ConversationRef:
        """The conversation that a topic is about. Raises DomainError `not_found`, TransientError."""
        found = None
        if topic.kind in {"session", "conversation"}:
            found = (
                await self._conversations.find_for_person(
                    caller.person,
                    session_id=topic.key if topic.kind == "session" else None,
                    conversation_id=topic.key if topic.kind == "conversation" else None,
                )
            ).conversation
        if found is None or found.account_id != caller.account_id:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such topic.")
        return found

    async def _tell(self, conversation: ConversationRef, sender: Sender, typing: bool) -> None:
        for frame in typing_frames(conversation, sender, typing=typing, at=self._now()):
            await self._pass_on(frame)
