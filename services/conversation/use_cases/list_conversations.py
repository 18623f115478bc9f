"""A page of the conversations that somebody may see."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from json import dumps, loads

from libs.contracts.base import Written
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.reading import ConversationPage, ListConversations
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.organising import label_of
from services.conversation.domain.policy import actor_of, visibility_of
from services.conversation.use_cases.cursor_moment import moment_of
from services.conversation.use_cases.ports import Call, Conversations, ListFilter, Place, Window
from services.conversation.use_cases.rows import Viewer, written_page
from services.conversation.use_cases.search_conversations import SearchConversations
from services.conversation.use_cases.totals import total_of

#: Rows that `page` reaches; behind them only `cursor` does.
DEEPEST = 10_000
SORTS = ("updated_at", "created_at")
ORDERS = ("desc", "asc")


@dataclass(frozen=True)
class ListForPerson:
    """Takes ListConversations."""

    conversations: Conversations
    search: SearchConversations

    async def __call__(self, query: ListConversations, call: Call) -> Written:
        """A ConversationPage. Raises DomainError `use_cursor` for a page too deep, `invalid` for an order or
        a cursor that does not exist.
        """
        if query.sort_by not in SORTS or query.sort_order not in ORDERS:
            raise DomainError(
                ErrorCode.INVALID, f"lists are sorted by {' or '.join(SORTS)}, {' or '.join(ORDERS)}"
            )
        skip = 0 if query.cursor else (query.page - 1) * query.page_size
        if skip + query.page_size > DEEPEST:
            raise DomainError(ErrorCode.USE_CURSOR, f"pages end at row {DEEPEST}; go on with the cursor")
        after = _decode(query.cursor, _order(query)) if query.cursor else None
        actor = actor_of(query.person, call.account_id)
        wanted = ListFilter(
            visibility=visibility_of(actor),
            status=query.status,
            channel=query.channel,
            chatbot_id=query.chatbot_id,
            contact_id=query.lead_id,
            assignee_id=query.assignee,
            department=query.department,
            label=label_of(query.label) if query.label is not None else None,
            snoozed=query.snoozed,
        )
        page = ConversationPage(items=(), page=query.page, page_size=query.page_size, total=0)
        if wanted.visibility.nothing:
            return Written(page.model_dump_json())
        if query.search is not None:
            wanted = replace(wanted, among=await self.search(call.account_id, query.search))
            if not wanted.among:
                return Written(page.model_dump_json())
        # One more than the page shows whether there is a next one.
        window = Window(
            query.page_size + 1, skip, after, newest_first=query.sort_order == "desc", by=query.sort_by
        )
        rows = await self.conversations.rows(call.account_id, wanted, window)
        shown = rows[: query.page_size]
        total = await total_of(self.conversations, call.account_id, wanted, window, rows)
        cursor = _encode(shown[-1].conversation, query) if len(rows) > len(shown) else None
        page = page.model_copy(update={"total": total, "next_cursor": cursor})
        return written_page(page, shown, Viewer(actor))


def _order(query: ListConversations) -> str:
    """What a cursor belongs to. That of the usual order is spelt as it always was."""
    return query.sort_order if query.sort_by == SORTS[0] else f"{query.sort_by} {query.sort_order}"


def _encode(last: Conversation, query: ListConversations) -> str:
    moment = last.created_at if query.sort_by == "created_at" else last.updated_at
    return urlsafe_b64encode(dumps([_order(query), moment.isoformat(), last.id]).encode()).decode()


def _decode(cursor: str, order: str) -> Place:
    try:
        made_for, moment, conversation_id = loads(urlsafe_b64decode(cursor.encode()))
        place = Place(moment_of(moment), conversation_id)
        str.encode(conversation_id)  # half a surrogate pair is no text
    except (ValueError, TypeError) as error:
        raise _bad_cursor() from error
    if made_for != order:
        raise _bad_cursor()
    return place


def _bad_cursor() -> DomainError:
    return DomainError(ErrorCode.INVALID, "this is not a cursor of this list")
