"""One thread."""

from dataclasses import dataclass

from libs.contracts.reading import ConversationThread, GetConversation
from services.conversation.domain.policy import Action, actor_of, not_found, permits, require
from services.conversation.use_cases.loading import check_id
from services.conversation.use_cases.merged_reads import read_home
from services.conversation.use_cases.ports import Call, Conversations, Thread
from services.conversation.use_cases.thread_cursor import bounds_of, cursor_of
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class GetThread:
    """Takes GetConversation."""

    conversations: Conversations

    async def __call__(self, query: GetConversation, call: Call) -> ConversationThread:
        """The thread. Raises DomainError `not_found` also for one that the caller may not see."""
        check_id(query.conversation_id)
        thread = await self.conversations.thread(
            call.account_id, query.conversation_id, query.limit, query.before, bounds_of(query.cursor)
        )
        if thread is None:
            raise not_found()
        actor = actor_of(query.person, call.account_id)
        # Of one that is part of another, that one says who reads it.
        require(await read_home(self.conversations, thread.conversation), actor, Action.READ)
        pending = thread.conversation.suggestion
        return ConversationThread(
            conversation=view_of(thread.conversation, actor),
            messages=thread.messages,
            timeline=thread.timeline,
            more_before=thread.more_before,
            previous_cursor=_cursor(thread),
            suggestions=(pending,) if pending and permits(thread.conversation, actor, Action.SUGGEST) else (),
        )


def _cursor(thread: Thread) -> str | None:
    if not thread.more_before or not thread.messages:
        return None
    return cursor_of(thread.bounds or {thread.conversation.id: thread.messages[0].sequence})
