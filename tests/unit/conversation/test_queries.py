from base64 import urlsafe_b64encode
from copy import deepcopy
from typing import Any

import pytest

from libs.contracts.conversation import EventsAfter, FindConversation, GetPerson
from libs.contracts.errors import DomainError
from libs.contracts.reading import ConversationPage, GetConversation, ListConversations
from libs.contracts.vocabulary import Channel, HandoffReason, Status
from services.conversation.domain.policy import ORGANISING, SCHEDULE
from services.conversation.use_cases.events_after import GetEventsAfter
from services.conversation.use_cases.find_conversation import FindForListener
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.get_person import GetPersonOfAccount
from services.conversation.use_cases.list_conversations import ListForPerson
from services.conversation.use_cases.ports import ListFilter
from services.conversation.use_cases.search_conversations import SearchConversations
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, CONNECTION, SESSION, agent, call, moment, person

ADA = person("ada", role="admin")
ANA, EVE, UMA = person("ana", "IT"), person("eve", "HR"), person("uma", role="user")


@pytest.fixture
async def seven(world: World) -> World:
    """Seven conversations, t0 to t6, the last the newest."""
    for number in range(7):
        await world.says(f"message {number}", number, session_id=f"t{number}")
    return world


def sessions(page: Any) -> list[str]:
    return [view.session_id for view in page.items]


class TestList:
    async def page(self, world: World, query: ListConversations | None = None, **parts: Any) -> Any:
        asked = query or ListConversations(**({"person": ADA} | parts))
        search = SearchConversations(world.store.searches, world.store.contacts)
        written = await ListForPerson(world.store.conversations, search)(asked, call())
        return ConversationPage.model_validate_json(written.json)

    async def code(self, world: World, **parts: Any) -> str:
        with pytest.raises(DomainError) as refused:
            await self.page(world, **parts)
        return refused.value.code

    async def test_the_newest_activity_comes_first(self, seven: World) -> None:
        page = await self.page(seven)
        assert sessions(page) == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]
        assert (page.total, page.page, page.page_size, page.next_cursor) == (7, 1, 20, None)
        assert page.items[0].last_message.content == "message 6"
        assert page.items[0].available_actions == (
            "hand_off",
            "resolve",
            "close",
            "archive",
            "assign",
            "transfer",
            *ORGANISING,
            "snooze",
            SCHEDULE,
        )
        assert sessions(await self.page(seven, sort_order="asc"))[0] == "t0"

    async def test_pages_and_cursors_lead_through_it(self, seven: World) -> None:
        second = await self.page(seven, page=2, page_size=3)
        assert sessions(second) == ["t3", "t2", "t1"]
        assert second.next_cursor
        for order in ["desc", "asc"]:
            seen: list[str] = []
            cursor = None
            while True:
                page = await self.page(seven, page_size=2, cursor=cursor, sort_order=order)
                seen += sessions(page)
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert seen == sorted(seen, reverse=order == "desc")
            assert len(seen) == 7

    async def test_a_full_last_page_has_no_next_one(self, seven: World) -> None:
        assert (await self.page(seven, page_size=7)).next_cursor is None

    async def test_pages_end_at_ten_thousand_rows_and_cursors_do_not(self, seven: World) -> None:
        assert await self.code(seven, page=101, page_size=100) == "use_cursor"
        assert sessions(await self.page(seven, page=100, page_size=100)) == []
        cursor = (await self.page(seven, page_size=2)).next_cursor
        assert sessions(await self.page(seven, page=101, page_size=100, cursor=cursor))[0] == "t4"

    async def test_rows_that_end_the_list_tell_its_total_and_nothing_is_counted(
        self, seven: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: list[int] = []

        async def count(_account: str, _wanted: ListFilter, limit: int) -> int:
            counted.append(limit)
            return limit

        monkeypatch.setattr(seven.store.conversations, "count", count)
        whole = await self.page(seven, page_size=7)
        last = await self.page(seven, page=3, page_size=3)
        assert (whole.total, last.total, counted) == (7, 7, [])
        first = await self.page(seven, page_size=6)
        behind = await self.page(seven, page_size=6, cursor=first.next_cursor)
        beyond = await self.page(seven, page=4, page_size=3)
        assert [page.total for page in (first, behind, beyond)] == counted == [10_001] * 3

    async def test_what_is_no_label_is_invalid(self, seven: World) -> None:
        assert await self.code(seven, label=" ") == "invalid"

    @pytest.mark.parametrize("parts", [{"sort_by": "name"}, {"sort_order": "up"}])
    async def test_unknown_orders_are_invalid(self, seven: World, parts: dict[str, str]) -> None:
        assert await self.code(seven, **parts) == "invalid"

    async def test_foreign_cursors_are_invalid(self, seven: World) -> None:
        good = (await self.page(seven, page_size=2)).next_cursor
        bodies = [b"no", b"[1]", b'["desc", "never", "x"]', b'["desc", "2026-01-01", "x"]', b'["desc",1,2]']
        for cursor in ["!", "é", *(urlsafe_b64encode(body).decode() for body in bodies)]:
            assert await self.code(seven, cursor=cursor) == "invalid"
        assert await self.code(seven, cursor=good, sort_order="asc") == "invalid"

    async def test_filters_narrow_it(self, seven: World) -> None:
        records = seven.store.records.conversations
        by_session = {one.session_id: one for one in records.values()}
        by_session["t1"].status = Status.CLOSED
        by_session["t2"].channel = Channel.WIDGET
        by_session["t3"].assignee_id = "ana"
        by_session["t4"].department = "IT"
        by_session["t5"].chatbot_id = "another"
        by_session["t6"].labels = ("late parcel", "vip")
        contact = by_session["t6"].contact.id
        filters: list[tuple[dict[str, Any], list[str]]] = [
            ({"status": Status.CLOSED}, ["t1"]),
            ({"channel": Channel.WIDGET}, ["t2"]),
            ({"assignee": "ana"}, ["t3"]),
            ({"department": "IT"}, ["t4"]),
            ({"chatbot_id": "another"}, ["t5"]),
            ({"label": "Late  Parcel"}, ["t6"]),
            ({"label": "late"}, []),
            ({"lead_id": contact}, ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]),
            ({"lead_id": "nobody"}, []),
        ]
        for parts, expected in filters:
            page = await self.page(seven, **parts)
            assert sessions(page) == expected
            assert page.total == len(expected)

    async def test_it_can_be_in_the_order_they_began(self, seven: World) -> None:
        by_session = {one.session_id: one for one in seven.store.records.conversations.values()}
        by_session["t0"].updated_at = moment(99)
        assert sessions(await self.page(seven))[0] == "t0"
        begun = await self.page(seven, sort_by="created_at", page_size=2)
        assert sessions(begun) == ["t6", "t5"]
        more = await self.page(seven, sort_by="created_at", page_size=5, cursor=begun.next_cursor)
        assert sessions(more) == ["t4", "t3", "t2", "t1", "t0"]
        assert await self.code(seven, cursor=begun.next_cursor) == "invalid"

    async def test_a_search_covers_messages_subject_and_contact(self, seven: World) -> None:
        by_session = {one.session_id: one for one in seven.store.records.conversations.values()}
        by_session["t1"].subject = "Café au lait"
        by_session["t2"].department = "IT"
        for search, expected in [
            ("MESSAGE 4", ["t4"]),
            ("messa", ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]),
            ("cafe la", ["t1"]),
            (by_session["t3"].contact.name[:3], ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]),
            ("message 4 5", []),
            ("?!", []),
        ]:
            page = await self.page(seven, search=search)
            assert sessions(page) == expected, search
            assert page.total == len(expected)
        assert sessions(await self.page(seven, search="message 2", person=EVE)) == []
        assert sessions(await self.page(seven, search="message 2", status=Status.CLOSED)) == []

    async def test_everybody_sees_their_own(self, seven: World) -> None:
        by_session = {one.session_id: one for one in seven.store.records.conversations.values()}
        for number in range(4):
            by_session[f"t{number}"].department = "IT"
        by_session["t0"].assignee_id = "eve"
        assert len((await self.page(seven, person=ANA)).items) == 7
        assert sessions(await self.page(seven, person=EVE)) == ["t6", "t5", "t4", "t0"]
        assert (await self.page(seven, person=UMA)).total == 0
        assert await self.code(seven, person=person("ada", role="admin", account_id="other")) == "not_found"


class TestThread:
    async def test_it_has_messages_timeline_and_actions(self, world: World) -> None:
        for number in range(5):
            recorded = await world.says(f"m{number}", number)
        one = deepcopy(world.conversation())
        one.hand_off(agent(), moment(9), reason=HandoffReason.RULE)
        await world.store.transaction(ACCOUNT, lambda tx: tx.save(one))
        use_case = GetThread(world.store.conversations)

        query = GetConversation(person=ANA, conversation_id=recorded.conversation_id, limit=3)
        thread = await use_case(query, call())
        assert [message.content for message in thread.messages] == ["m2", "m3", "m4"]
        assert thread.more_before
        assert [step.target for step in thread.timeline] == [Status.HANDED_OFF]
        assert thread.conversation.can_reply
        assert thread.conversation.available_actions[:3] == ("post_reply", "return_to_ai", "resolve")

        earlier = query.model_copy(update={"before": thread.messages[0].sequence})
        first = await use_case(earlier, call())
        assert [message.content for message in first.messages] == ["m0", "m1"]
        assert not first.more_before

    async def test_it_does_not_exist_for_others(self, world: World) -> None:
        recorded = await world.says()
        world.change(department="IT")
        use_case = GetThread(world.store.conversations)
        good = recorded.conversation_id
        asked = [(EVE, good, ACCOUNT), (ADA, "x-12ab", ACCOUNT), (ADA, "nonsense", ACCOUNT)]
        foreign = person("ada", role="admin", account_id="other")
        for who, conversation_id, account_id in [*asked, (foreign, good, "other")]:
            query = GetConversation(person=who, conversation_id=conversation_id)
            with pytest.raises(DomainError) as refused:
                await use_case(query, call(account_id=account_id))
            assert refused.value.code == "not_found"


class TestFind:
    async def find(self, world: World, account_id: str = ACCOUNT, **parts: Any) -> Any:
        use_case = FindForListener(world.store.conversations)
        return await use_case(FindConversation(**parts), call(account_id=account_id))

    async def test_people_find_it_by_id_and_by_session(self, world: World) -> None:
        recorded = await world.says()
        for parts in [{"conversation_id": recorded.conversation_id}, {"session_id": SESSION}]:
            found = await self.find(world, person=ANA, **parts)
            assert found.conversation.id == recorded.conversation_id
            assert found.sequence == world.conversation().sequence

    async def test_they_do_not_find_what_they_may_not_see(self, world: World) -> None:
        recorded = await world.says()
        world.change(department="IT")
        assert (await self.find(world, person=EVE, session_id=SESSION)).conversation is None
        by_id = await self.find(world, person=EVE, conversation_id=recorded.conversation_id)
        assert by_id.conversation is None
        assert (await self.find(world, person=ADA, conversation_id="nonsense")).conversation is None

    async def test_of_one_session_on_two_connections_the_newest_visible_is_meant(self, world: World) -> None:
        first = await world.says("one", 1)
        second = await world.says("two", 2, connection_id="other-line")
        found = await self.find(world, person=ANA, session_id=SESSION)
        assert found.conversation.id == second.conversation_id
        named = await self.find(world, person=ANA, session_id=SESSION, connection_id=CONNECTION)
        assert named.conversation.id == first.conversation_id

    async def test_visitors_find_their_thread_by_connection_and_session(self, world: World) -> None:
        none = await self.find(world, connection_id=CONNECTION, session_id=SESSION)
        assert (none.conversation, none.sequence) == (None, 0)
        recorded = await world.says()
        found = await self.find(world, connection_id=CONNECTION, session_id=SESSION)
        assert found.conversation.id == recorded.conversation_id
        other = await self.find(world, "other", connection_id=CONNECTION, session_id=SESSION)
        assert other.conversation is None

    @pytest.mark.parametrize("parts", [{}, {"session_id": "s"}, {"conversation_id": "c"}, {"person": ANA}])
    async def test_there_is_no_other_way(self, world: World, parts: dict[str, Any]) -> None:
        with pytest.raises(DomainError) as refused:
            await self.find(world, **parts)
        assert refused.value.code == "invalid"


async def test_people_are_found_within_their_account(world: World) -> None:
    use_case = GetPersonOfAccount(world.store.conversations)
    assert (await use_case(GetPerson(person_id="ana"), call())).email == "ana@acme.test"
    for person_id, account_id in [("nobody", ACCOUNT), ("ana", "other")]:
        with pytest.raises(DomainError) as refused:
            await use_case(GetPerson(person_id=person_id), call(account_id=account_id))
        assert refused.value.code == "not_found"


async def test_missed_events_come_in_order_and_say_when_there_are_more(world: World) -> None:
    for number in range(4):
        recorded = await world.says(f"m{number}", number)
    use_case = GetEventsAfter(world.store.conversations)
    query = EventsAfter(conversation_id=recorded.conversation_id, after=1, limit=2)
    page = await use_case(query, call())
    assert [event["sequence"] for event in page.events] == [2, 3]
    assert page.more
    rest = await use_case(query.model_copy(update={"after": 3}), call())
    assert [event["sequence"] for event in rest.events] == [4, 5]
    assert not rest.more
    assert not (await use_case(query, call(account_id="other"))).events
    with pytest.raises(DomainError):
        await use_case(query.model_copy(update={"conversation_id": "nonsense"}), call())
