"""What the contact is told by the chatbot itself."""

from datetime import datetime

from libs.contracts.conversation import Sender
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft


def notice_draft(conversation: Conversation, message_id: str, text: str, at: datetime) -> Draft:
    """A message in the chatbot's name."""
    return Draft(
        id=message_id,
        sender=Sender(kind=SenderKind.AI, id=conversation.chatbot_id, name=conversation.chatbot_name),
        at=at,
        content=text,
    )
