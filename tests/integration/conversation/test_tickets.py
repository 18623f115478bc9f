"""What the store promises about tickets: one suite, against the fake and against MongoDB."""

from typing import Any

import pytest

from libs.contracts.vocabulary import Channel, Feedback, Status, TicketStatus
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import Chatbot, ListFilter, Transaction, Window
from tests.integration.conversation.test_repositories import Repository
from tests.unit.conversation.making import ACCOUNT, CONTACT, conversation, draft

ALL = Visibility(everything=True)
IT = Visibility(departments=frozenset({"IT"}), person_id="ana")
UMA = Visibility(requester_id="uma")


async def kept(repository: Repository, **parts: Any) -> str:
    """A conversation with one message; its id."""
    session = parts.pop("session_id")
    state = {name: parts.pop(name) for name in ("status", "assignee_id") if name in parts}
    one = conversation(session.removeprefix("web:"), session_id=session, channel=Channel.WIDGET, **parts)
    message = one.receive(draft(f"m-{session}"), CONTACT, wants_answer=False)
    for name, value in state.items():
        setattr(one, name, value)

    async def work(tx: Transaction) -> None:
        await tx.add_message(message)
        await tx.save(one)

    await repository.transaction(ACCOUNT, work)
    return one.id


async def listed(repository: Repository, seen: Visibility, **parts: Any) -> set[str]:
    wanted = ListFilter(visibility=seen, tickets_only=True, **parts)
    rows = await repository.conversations.rows(ACCOUNT, wanted, Window(50))
    assert await repository.conversations.count(ACCOUNT, wanted, 100) == len(rows)
    return {row.conversation.session_id.removeprefix("web:") for row in rows}


@pytest.fixture
async def desk(repository: Repository) -> Repository:
    """No ticket, then tickets in every status."""
    await kept(repository, session_id="web:none", department="IT")
    given: dict[str, dict[str, Any]] = {
        "active": {"department": "IT"},
        "waiting": {"department": "IT", "status": Status.HANDED_OFF},
        "nobody": {"status": Status.HANDED_OFF},
        "anas": {"department": "HR", "status": Status.HANDED_OFF, "assignee_id": "ana"},
        "resolved": {"department": "IT", "status": Status.RESOLVED},
        "closed": {"department": "HR", "status": Status.CLOSED},
        "archived": {"department": "IT", "status": Status.ARCHIVED},
    }
    for name, parts in given.items():
        requester = "sam" if name == "closed" else "uma"
        await kept(repository, session_id=f"web:{name}", requester_id=requester, **parts)
    return repository


async def test_a_list_of_tickets_holds_what_may_be_seen(desk: Repository):
    assert await listed(desk, ALL) == {"active", "waiting", "nobody", "anas", "resolved", "closed"}
    assert await listed(desk, IT) == {"active", "waiting", "nobody", "anas", "resolved"}
    assert await listed(desk, UMA) == {"active", "waiting", "nobody", "anas", "resolved"}
    assert await listed(desk, UMA, department="HR") == {"anas"}


async def test_every_status_of_a_ticket_can_be_asked_for(desk: Repository):
    expected = {
        TicketStatus.OPEN: {"active", "nobody"},
        TicketStatus.ASSIGNED: {"waiting", "anas"},
        TicketStatus.RESOLVED: {"resolved"},
        TicketStatus.CLOSED: {"closed"},
    }
    for status, names in expected.items():
        assert await listed(desk, ALL, ticket_status=status) == names
    assert await listed(desk, IT, ticket_status=TicketStatus.ASSIGNED) == {"waiting", "anas"}
    assert await listed(desk, IT, ticket_status=TicketStatus.ASSIGNED, department="IT") == {"waiting"}


async def test_feedback_is_kept_on_its_message(repository: Repository):
    ticket = await kept(repository, session_id="web:f", requester_id="uma")

    async def give(tx: Transaction) -> None:
        await tx.set_feedback(ticket, "m-web:f", Feedback.UP)
        await tx.set_feedback("another", "m-web:f", Feedback.DOWN)

    await repository.transaction(ACCOUNT, give)

    async def look(tx: Transaction) -> Any:
        return await tx.message(ticket, "m-web:f"), await tx.message("another", "m-web:f")

    found, other = await repository.transaction(ACCOUNT, look)
    assert (found.feedback, other) == (Feedback.UP, None)


async def test_a_departments_chatbots_or_those_of_none(repository: Repository):
    async def look(tx: Transaction) -> list[list[str]]:
        return [sorted(await tx.chatbots_for(name)) for name in ("IT", "HR")]

    assert await repository.transaction(ACCOUNT, look) == [[], []]

    async def put(tx: Transaction) -> None:
        await tx.put_chatbot(Chatbot(id="any", name="Any"))
        await tx.put_chatbot(Chatbot(id="it", name="It", department="IT"))

    await repository.transaction(ACCOUNT, put)
    assert await repository.transaction(ACCOUNT, look) == [["it"], ["any"]]
