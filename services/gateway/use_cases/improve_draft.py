"""An agent wants a draft looked over before sending it."""

from dataclasses import dataclass
from typing import Final, Literal

from libs.contracts.ai import ChatbotProfile, Turn
from libs.contracts.conversation import MessageView
from libs.contracts.improving import GetChatbotProfile, ImprovedDraft, ImproveDraft
from libs.contracts.reading import GetConversation
from libs.contracts.vocabulary import SenderKind
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Conversations
from services.gateway.use_cases.run_query import Queries

_MOST_TURNS: Final = 20
_ROLES: Final[dict[SenderKind, Literal["contact", "ai", "agent", "system"]]] = {
    SenderKind.CONTACT: "contact",
    SenderKind.AI: "ai",
    SenderKind.AGENT: "agent",
    SenderKind.SYSTEM: "system",
}


@dataclass(frozen=True)
class ImproveDraftOf:
    """Whoever may see the conversation gets the draft back; nothing is stored."""

    conversations: Conversations
    queries: Queries
    ai: Queries

    async def __call__(self, caller: PersonCaller, conversation_id: str, draft: str) -> ImprovedDraft:
        """Raises DomainError `not_found`, and `invalid` before the contact has said anything."""
        query = GetConversation(person=caller.person, conversation_id=conversation_id, limit=_MOST_TURNS)
        thread = await self.conversations.thread(query, account_id=caller.account_id)
        about = thread.conversation
        profile = await self.queries.ask(
            GetChatbotProfile(person=caller.person, conversation_id=about.id),
            account_id=caller.account_id,
            answer=ChatbotProfile,
        )
        return await self.ai.ask(
            ImproveDraft(
                conversation_id=about.id,
                chatbot=profile,
                contact_name=about.contact.name,
                turns=tuple(map(_turn, thread.messages)),
                draft=draft,
            ),
            account_id=caller.account_id,
            answer=ImprovedDraft,
        )


def _turn(message: MessageView) -> Turn:
    return Turn(message_id=message.id, role=_ROLES[message.sender.kind], text=message.content)
