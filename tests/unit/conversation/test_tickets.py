"""Tickets: what users and agents do with a conversation through the helpdesk's words."""

from typing import Any

import pytest

from libs.contracts.ai import AnswerContact
from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import ConversationHandedOff, PostBotReply, RegisterChatbot
from libs.contracts.directory import UpdateDepartment
from libs.contracts.errors import DomainError, PermanentError, TransientError
from libs.contracts.suggestions import DraftReply, RecordSuggestion
from libs.contracts.tickets import (
    AssignTicket,
    CloseTicket,
    ContextMessage,
    GetTicket,
    GiveFeedback,
    ListTickets,
    OpenTicket,
    PostTicketMessage,
    ResolveTicket,
    SuggestResponse,
    may_present,
    presented_role,
    role_word,
)
from libs.contracts.vocabulary import ActorKind, Feedback, HandoffReason, Role, Status, TicketStatus
from services.conversation.domain.tickets import CELLS, ticket_status
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.get_ticket import GetTicketThread
from services.conversation.use_cases.give_feedback import give_feedback
from services.conversation.use_cases.list_tickets import ListTicketsForPerson
from services.conversation.use_cases.open_ticket import OpenTicketOfUser
from services.conversation.use_cases.ports import AlreadyRecordedError
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.post_ticket_message import PostInTicket
from services.conversation.use_cases.record_suggestion import record_suggestion
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.settle_ticket import assign_ticket, close_ticket, resolve_ticket
from services.conversation.use_cases.suggest_response import SuggestForAssignee
from services.conversation.use_cases.update_department import update_department
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, ADMIN, AI, CHATBOT, agent, call, person

UMA = Actor(kind=ActorKind.USER, id="uma", name="Uma", role=Role.USER)
SAM = Actor(kind=ActorKind.USER, id="sam", name="Sam", role=Role.USER)
ANA, BO, EVE = agent("ana", "IT"), agent("bo", "IT"), agent("eve", "HR")
TICKET = "0001-00aa"


def opening(ticket_id: str = TICKET, actor: Actor = UMA, **parts: Any) -> OpenTicket:
    given = {"department": "IT", "subject": "No network", "content": "It is down", "chatbot_id": CHATBOT}
    return OpenTicket(
        **{"actor": actor, "conversation_id": ticket_id, "session_id": f"web:{ticket_id}", **given, **parts}
    )


async def opened(world: World, *args: Any, seconds: float = 1, **parts: Any) -> Any:
    return await world.do(OpenTicketOfUser(world.new_id, world.record), opening(*args, **parts), seconds)


async def say(world: World, content: str = "Hello?", actor: Actor = UMA, **parts: Any) -> Any:
    command = PostTicketMessage(actor=actor, conversation_id=TICKET, content=content, **parts)
    return await world.do(PostInTicket(world.new_id, world.record), command, 5)


async def code_of(work: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await work
    return str(refused.value.code)


async def bot(world: World, chatbot_id: str, mode: str = "answer", department: str | None = None) -> None:
    command = RegisterChatbot(
        actor=ADMIN, chatbot_id=chatbot_id, name=chatbot_id, mode=mode, department=department
    )
    await world.do(register_chatbot, command)


@pytest.fixture
async def ticket(world: World) -> World:
    await opened(world)
    return world


def test_every_status_of_a_conversation_is_one_of_a_ticket() -> None:
    for status in set(Status) - {Status.ARCHIVED}:
        for department, assignee in [(None, None), ("IT", None), (None, "ana"), ("IT", "ana")]:
            owned = department is not None or assignee is not None
            found = ticket_status(status, department=department, assignee_id=assignee)
            assert any(cell in CELLS[found] for cell in [(status, None), (status, owned)])
    assert ticket_status(Status.HANDED_OFF, department=None, assignee_id=None) is TicketStatus.OPEN
    assert ticket_status(Status.HANDED_OFF, department="IT", assignee_id=None) is TicketStatus.ASSIGNED
    archived = {"department": "IT", "assignee_id": None}
    assert ticket_status(Status.ARCHIVED, **archived) is TicketStatus.CLOSED
    assert ticket_status(Status.ARCHIVED, **archived, before_archive=Status.RESOLVED) is TicketStatus.RESOLVED


def test_an_agent_is_named_by_department() -> None:
    assert role_word("IT") == "it_agent"
    assert role_word("Human Resources") == "human_resources_agent"
    assert presented_role("agent", ("HR", "IT"), "IT") == "it_agent"
    assert presented_role("agent", ("HR",), "IT") == "hr_agent"
    assert presented_role("agent", (), "IT") == "agent"
    assert presented_role("admin", ("IT",), "IT") == "admin"
    assert presented_role(None, (), None) == ""
    assert may_present("it_agent", "agent", ("IT",))
    assert may_present("user", "user", ())
    assert not may_present("it_agent", "user", ("IT",))
    assert not may_present("hr_agent", "agent", ("IT",))


class TestOpening:
    async def test_the_ai_answers_first(self, world: World) -> None:
        view = await opened(world)
        assert (view.id, view.status, view.department, view.subject) == (
            TICKET,
            TicketStatus.OPEN,
            "IT",
            "No network",
        )
        assert (view.requester_id, view.requester.name, view.assignee) == ("uma", "Uma", None)
        (sent,) = world.store.records.sent
        assert isinstance(sent.command, AnswerContact)
        assert world.event_types() == ["started", "message_recorded"]
        assert world.conversation().connection_id == f"ticket:{CHATBOT}"

    @pytest.mark.parametrize("mode", ["suggest", "off"])
    async def test_in_another_mode_the_department_has_it_at_once(self, world: World, mode: str) -> None:
        await bot(world, "quiet", mode)
        view = await opened(world, chatbot_id="quiet")
        assert view.status is TicketStatus.ASSIGNED
        assert world.conversation().status is Status.HANDED_OFF
        event = world.store.records.events[-1].message()
        assert isinstance(event, ConversationHandedOff)
        assert event.reason == HandoffReason.RULE

    async def test_without_a_chatbot_the_departments_only_one_takes_it(self, world: World) -> None:
        world.store.records.chatbots.clear()
        await bot(world, "anybody")
        await bot(world, "for-it", department="IT")
        assert (await opened(world, chatbot_id=None)).chatbot_id == "for-it"
        assert (await opened(world, "0002-00aa", department="HR", chatbot_id=None)).chatbot_id == "anybody"
        await bot(world, "for-it-2", department="IT")
        assert await code_of(opened(world, "0003-00aa", chatbot_id=None)) == "invalid"

    async def test_without_a_chatbot_the_departments_default_one_takes_it(self, world: World) -> None:
        await bot(world, "for-it", department="IT")
        await bot(world, "chosen")
        await world.do(
            update_department,
            UpdateDepartment(actor=SYSTEM, department_id="IT", default_chatbot_id="chosen"),
        )
        assert (await opened(world, chatbot_id=None)).chatbot_id == "chosen"
        assert (await opened(world, "0002-00aa", chatbot_id="for-it")).chatbot_id == "for-it"

    async def test_what_makes_no_ticket(self, world: World) -> None:
        assert await code_of(opened(world, actor=ANA)) == "forbidden"
        assert await code_of(opened(world, department="Nowhere")) == "invalid"
        assert await code_of(opened(world, content="  ")) == "invalid"
        assert await code_of(opened(world, subject=" ")) == "invalid"
        assert await code_of(opened(world, chatbot_id="nobody")) == "invalid"
        assert await code_of(opened(world, "no-id-at-all")) == "not_found"
        assert world.store.records.conversations == {}

    async def test_an_id_that_is_taken_is_not_found(self, ticket: World) -> None:
        assert await code_of(opened(ticket, actor=SAM)) == "not_found"


class TestRoom:
    async def test_the_requesters_message_asks_the_ai(self, ticket: World) -> None:
        posted = await say(ticket, client_message_id="c1")
        view = ticket.store.records.messages[ACCOUNT, posted.message_id].view
        assert (view.content, view.client_message_id, view.is_ai) == ("Hello?", "c1", False)
        assert len(ticket.store.records.sent) == 2

    async def test_while_people_answer_the_ai_is_not_asked(self, ticket: World) -> None:
        ticket.change(status=Status.HANDED_OFF)
        await say(ticket)
        assert len(ticket.store.records.sent) == 1

    async def test_an_agent_writes_while_it_is_handed_off(self, ticket: World) -> None:
        assert await code_of(say(ticket, actor=ANA)) == "not_handed_off"
        ticket.change(status=Status.HANDED_OFF)
        posted = await say(ticket, "Restart it", ANA, is_ai=True)
        view = ticket.store.records.messages[ACCOUNT, posted.message_id].view
        assert (view.sender.kind, view.sender.id, view.is_ai) == ("agent", "ana", True)

    async def test_the_same_message_is_stored_once(self, ticket: World) -> None:
        first = await say(ticket, client_message_id="c1")
        with pytest.raises(AlreadyRecordedError):
            await say(ticket, client_message_id="c1")
        command = PostTicketMessage(
            actor=UMA, conversation_id=TICKET, content="Hello?", client_message_id="c1"
        )
        use_case = PostInTicket(ticket.new_id, ticket.record)
        assert await ticket.do(use_case.again, command) == first
        unknown = command.model_copy(update={"client_message_id": None})
        with pytest.raises(TransientError):
            await ticket.do(use_case.again, unknown)

    async def test_what_is_refused(self, ticket: World) -> None:
        assert await code_of(say(ticket, actor=SAM)) == "not_found"
        assert await code_of(say(ticket, actor=EVE)) == "not_found"
        assert await code_of(say(ticket, " ")) == "invalid"
        assert await code_of(say(ticket, is_ai=True)) == "invalid"
        ticket.change(chatbot_id="gone")
        with pytest.raises(PermanentError):
            await say(ticket)

    async def test_a_conversation_that_is_no_ticket_has_no_such_room(self, world: World) -> None:
        await world.says()
        command = PostTicketMessage(actor=ADMIN, conversation_id=world.conversation().id, content="Hi")
        assert await code_of(world.do(PostInTicket(world.new_id, world.record), command)) == "not_found"


class TestSettling:
    async def test_it_gets_its_agent(self, ticket: World) -> None:
        ticket.change(status=Status.HANDED_OFF)
        command = AssignTicket(actor=BO, conversation_id=TICKET, agent_id="ana")
        view = await ticket.do(assign_ticket, command, 6)
        assert (view.assignee, view.status) == ("ana", TicketStatus.ASSIGNED)
        own = command.model_copy(update={"actor": UMA})
        assert await code_of(ticket.do(assign_ticket, own, 6)) == "forbidden"

    async def test_what_is_no_ticket_is_not_assigned_here(self, world: World) -> None:
        await world.says()
        command = AssignTicket(actor=ADMIN, conversation_id=world.conversation().id, agent_id="ana")
        assert await code_of(world.do(assign_ticket, command)) == "not_found"

    async def resolve(self, world: World, actor: Actor = UMA) -> Any:
        return await world.do(resolve_ticket, ResolveTicket(actor=actor, conversation_id=TICKET), 6)

    async def close(self, world: World, actor: Actor = ANA) -> Any:
        return await world.do(close_ticket, CloseTicket(actor=actor, conversation_id=TICKET), 7)

    async def test_the_requester_resolves_and_the_assigned_agent_closes(self, ticket: World) -> None:
        ticket.change(status=Status.HANDED_OFF, assignee_id="ana")
        assert (await self.resolve(ticket)).status is TicketStatus.RESOLVED
        closed = await self.close(ticket)
        assert closed.status is TicketStatus.CLOSED
        assert closed.closed_at == closed.updated_at
        before = ticket.event_types()
        assert (await self.close(ticket)).status is TicketStatus.CLOSED
        assert ticket.event_types() == before

    async def test_an_admin_may_close_it_too(self, ticket: World) -> None:
        await self.resolve(ticket)
        assert (await self.close(ticket, ADMIN)).status is TicketStatus.CLOSED

    async def test_who_may_not(self, ticket: World) -> None:
        ticket.change(status=Status.HANDED_OFF, assignee_id="ana")
        assert await code_of(self.resolve(ticket, ANA)) == "forbidden"
        assert await code_of(self.resolve(ticket, ADMIN)) == "forbidden"
        assert await code_of(self.resolve(ticket, SAM)) == "not_found"
        assert await code_of(self.close(ticket)) == "invalid_transition"
        await self.resolve(ticket)
        assert await code_of(self.close(ticket, BO)) == "forbidden"
        assert await code_of(self.close(ticket, UMA)) == "forbidden"
        assert await code_of(self.close(ticket, EVE)) == "not_found"

    async def test_what_is_no_ticket_is_not_settled_here(self, world: World) -> None:
        await world.says()
        command = CloseTicket(actor=ADMIN, conversation_id=world.conversation().id)
        assert await code_of(world.do(close_ticket, command)) == "not_found"


class TestFeedback:
    async def give(self, world: World, message_id: str, word: str, actor: Actor = UMA) -> Any:
        command = GiveFeedback(
            actor=actor, conversation_id=TICKET, message_id=message_id, feedback=Feedback(word)
        )
        return await world.do(give_feedback, command, 8)

    async def answered(self, world: World) -> str:
        question = world.conversation().question
        assert question is not None
        command = PostBotReply(
            actor=AI,
            conversation_id=TICKET,
            handoff_epoch=0,
            answers_message_id=question.message_id,
            content="Restart it",
        )
        return str((await world.do(PostAnswer(world.new_id), command, 2)).id)

    async def test_it_is_kept_and_told(self, ticket: World) -> None:
        message_id = await self.answered(ticket)
        given = await self.give(ticket, message_id, "up")
        assert given.feedback is Feedback.UP
        assert ticket.event_types()[-1] == "feedback_given"
        last = ticket.conversation().last_message
        assert last is not None
        assert last.feedback is Feedback.UP
        before = ticket.event_types()
        await self.give(ticket, message_id, "up")
        assert ticket.event_types() == before

    async def test_at_any_time_later(self, ticket: World) -> None:
        message_id = await self.answered(ticket)
        await say(ticket, "Thanks")
        ticket.change(status=Status.CLOSED)
        assert (await self.give(ticket, message_id, "down", ANA)).feedback is Feedback.DOWN
        assert (await self.give(ticket, message_id, "none")).feedback is Feedback.NONE

    async def test_on_messages_of_the_ai_only(self, ticket: World) -> None:
        (own,) = ticket.store.records.messages.values()
        assert await code_of(self.give(ticket, own.view.id, "up")) == "invalid"
        assert await code_of(self.give(ticket, "nothing", "up")) == "not_found"
        assert await code_of(self.give(ticket, own.view.id, "up", SAM)) == "not_found"


class TestReading:
    async def page(self, world: World, who: Any, **parts: Any) -> list[str]:
        page = await ListTicketsForPerson(world.store.conversations)(ListTickets(person=who, **parts), call())
        assert page.total >= len(page.items)
        return [item.id for item in page.items]

    @pytest.fixture
    async def three(self, world: World) -> World:
        await world.says()
        await opened(world, "0001-00aa", seconds=2)
        await opened(world, "0002-00aa", SAM, seconds=3)
        await opened(world, "0003-00aa", department="HR", seconds=4)
        return world

    async def test_everybody_sees_what_is_theirs(self, three: World) -> None:
        assert await self.page(three, person("uma", role="user")) == ["0003-00aa", "0001-00aa"]
        assert await self.page(three, person("uma", role="user"), department="HR") == ["0003-00aa"]
        assert await self.page(three, person("ana", "IT")) == ["0002-00aa", "0001-00aa"]
        assert len(await self.page(three, person("ada", role="admin"))) == 3
        assert await self.page(three, person("x", role="ghost")) == []
        three.store.records.conversations[ACCOUNT, "0003-00aa"].assignee_id = "ana"
        assert len(await self.page(three, person("ana", "IT"))) == 3

    async def test_by_department_and_status(self, three: World) -> None:
        ana = person("ana", "IT")
        assert await self.page(three, ana, department="IT", page_size=1, page=2) == ["0001-00aa"]
        three.store.records.conversations[ACCOUNT, "0001-00aa"].status = Status.HANDED_OFF
        assert await self.page(three, ana, status="assigned") == ["0001-00aa"]
        assert await self.page(three, ana, status="open") == ["0002-00aa"]
        three.store.records.conversations[ACCOUNT, "0001-00aa"].status = Status.ARCHIVED
        assert await self.page(three, ana) == ["0002-00aa"]

    async def test_another_department_is_forbidden(self, three: World) -> None:
        assert await code_of(self.page(three, person("ana", "IT"), department="HR")) == "forbidden"
        assert await code_of(self.page(three, person("ana"), page=200, page_size=100)) == "invalid"

    async def test_one_ticket_with_its_messages(self, three: World) -> None:
        get = GetTicketThread(GetThread(three.store.conversations))
        uma = person("uma", role="user")
        found = await get(GetTicket(person=uma, conversation_id="0001-00aa"), call())
        assert [message.content for message in found.messages] == ["It is down"]
        assert found.ticket.id == "0001-00aa"
        other = GetTicket(person=uma, conversation_id="0002-00aa")
        assert await code_of(get(other, call())) == "not_found"
        (plain,) = [one for one in three.store.records.conversations.values() if not one.requester_id]
        ada = GetTicket(person=person("ada", role="admin"), conversation_id=plain.id)
        assert await code_of(get(ada, call())) == "not_found"


class TestSuggesting:
    async def suggest(self, world: World, actor: Actor = ANA, **parts: Any) -> Any:
        command = SuggestResponse(actor=actor, conversation_id=TICKET, **parts)
        return await world.do(SuggestForAssignee(world.new_id), command, 6)

    async def proposed(self, world: World, request_id: str) -> None:
        asked = world.store.records.sent[-1].command
        assert isinstance(asked, DraftReply)
        command = RecordSuggestion(
            actor=AI,
            conversation_id=TICKET,
            request_id=request_id,
            message_id=asked.message_id,
            body="Restart it",
            confidence=0.1,
        )
        await world.do(record_suggestion, command, 7)

    def asked(self, world: World) -> DraftReply:
        command = world.store.records.sent[-1].command
        assert isinstance(command, DraftReply)
        assert command.message_id in [turn.message_id for turn in command.turns]
        return command

    @pytest.fixture
    async def anas(self, ticket: World) -> World:
        ticket.change(status=Status.HANDED_OFF, assignee_id="ana")
        return ticket

    async def test_it_answers_the_last_message_from_the_context_given(self, anas: World) -> None:
        context = (
            ContextMessage(role="contact", content="It is down"),
            ContextMessage(role="contact", content="All day"),
            ContextMessage(role="agent", content="I see"),
        )
        await self.suggest(anas, context=context)
        asked = self.asked(anas)
        assert [turn.text for turn in asked.turns] == ["It is down", "All day", "I see"]
        assert asked.turns[1].message_id == asked.message_id

    async def test_without_a_context_the_stored_messages_are_it(self, anas: World) -> None:
        await self.suggest(anas, context=(ContextMessage(role="agent", content="I see"),))
        assert [turn.text for turn in self.asked(anas).turns] == ["It is down"]
        anas.change(settled_at_sequence=anas.conversation().sequence)
        await self.suggest(anas)
        assert [turn.text for turn in self.asked(anas).turns] == ["It is down"]

    async def test_for_the_assigned_agent_alone(self, anas: World) -> None:
        for actor in (BO, ADMIN, UMA):
            assert await code_of(self.suggest(anas, actor)) == "forbidden"
        assert await code_of(self.suggest(anas, EVE)) == "not_found"
        anas.change(chatbot_id="gone")
        assert await code_of(self.suggest(anas)) == "not_found"
        anas.change(requester_id=None)
        assert await code_of(self.suggest(anas)) == "not_found"

    @pytest.mark.parametrize(("content", "event"), [("Restart it", "approved"), ("Restart", "edited")])
    async def test_sending_it_decides_on_it(self, anas: World, content: str, event: str) -> None:
        requested = await self.suggest(anas)
        await self.proposed(anas, requested.request_id)
        await say(anas, content, ANA, is_ai=True, suggestion_id=requested.request_id)
        assert anas.event_types()[-1] == f"suggestion_{event}"
        again = say(anas, content, ANA, is_ai=True, suggestion_id=requested.request_id)
        assert await code_of(again) == "suggestion_not_pending"

    async def test_in_mode_suggest_every_message_of_the_requester_gets_one(self, world: World) -> None:
        await bot(world, "quiet", "suggest")
        await opened(world, chatbot_id="quiet")
        self.asked(world)
        await say(world)
        self.asked(world)
        assert len(world.store.records.sent) == 2
