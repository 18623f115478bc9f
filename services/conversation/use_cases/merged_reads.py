"""Reading what is part of another conversation."""

from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.ports import Conversations


async def read_home(conversations: Conversations, conversation: Conversation) -> Conversation:
    """The conversation that this one is part of by now: itself, if of none."""
    while conversation.merged_into is not None:
        further = await conversations.find(conversation.account_id, conversation.merged_into)
        if further is None:
            break
        conversation = further
    return conversation
