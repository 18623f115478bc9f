"""The scheduled replies of a conversation, for those who work on it."""

from dataclasses import dataclass

from libs.contracts.scheduling import ListScheduledReplies, ScheduledReplyPage
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.ports import Call, Conversations
from services.conversation.use_cases.schedule_ports import ScheduledReplies


@dataclass(frozen=True)
class ListScheduledForPerson:
    """Takes ListScheduledReplies."""

    conversations: Conversations
    replies: ScheduledReplies

    async def __call__(self, query: ListScheduledReplies, call: Call) -> ScheduledReplyPage:
        """A page of them. Raises DomainError `not_found`, and `forbidden` for its requester."""
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.REPLY)
        # One more than the page shows whether there is a next one.
        found = await self.replies.scheduled_replies(
            call.account_id, conversation.id, query.limit + 1, query.before
        )
        shown = tuple(found[: query.limit])
        more = len(found) > len(shown)
        return ScheduledReplyPage(items=shown, next_before=shown[-1].id if more else None)
