"""The ticket API, from the outside in."""

import json
from typing import Any

import pytest

from libs.contracts.conversation import FoundConversation
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.suggestions import SuggestionView
from libs.contracts.tickets import (
    CloseTicket,
    GiveFeedback,
    ListTickets,
    OpenTicket,
    PostTicketMessage,
    ResolveTicket,
    SuggestResponse,
    TicketThread,
    TicketView,
)
from libs.contracts.topology import conversation_crc, conversation_room
from libs.contracts.vocabulary import Status, TicketStatus
from libs.runtime.ids import derived_id
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.suggest_response import SuggestResponseAndWait
from tests.unit.gateway.conftest import Served, Site
from tests.unit.gateway.fakes import ScriptedCommands, ScriptedQueries
from tests.unit.gateway.samples import (
    ACCOUNT,
    ANA,
    REQUESTER,
    WHEN,
    chat_frame,
    conversation,
    envelope,
    message,
    recorded,
)
from tests.unit.gateway.test_sockets import connected, ended, frame, send

TICKET = conversation("web:t1", connection_id="ticket:bot-1", department="IT").model_copy(
    update={"requester_id": REQUESTER.id}
)
ROOM = f"ticket_{TICKET.id}"
VIEW = TicketView(
    id=TICKET.id,
    department="IT",
    subject="No network",
    status=TicketStatus.OPEN,
    conversation_status=Status.ACTIVE,
    requester_id=REQUESTER.id,
    requester=TICKET.contact,
    chatbot_id="bot-1",
    chatbot_name="Helper",
    session_id=TICKET.session_id,
    version=1,
    sequence=2,
    created_at=WHEN,
    updated_at=WHEN,
)
BODY = {"department": "IT", "subject": "No network", "content": "It is down"}


def carried(site: Site) -> Any:
    (one,) = site.commands.carried_out
    return one[1]


async def test_a_user_opens_a_ticket_once_a_key(site: Site):
    site.commands.result = VIEW.model_dump(mode="json")
    for _ in range(2):
        headers = site.bearer(REQUESTER, **{"Idempotency-Key": "k1"})
        answer = await site.client.post("/tickets", json=BODY, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (201, "open")
    command = carried(site)
    assert isinstance(command, OpenTicket)
    assert (command.actor.kind, command.department, command.subject) == ("user", "IT", "No network")
    assert command.session_id.startswith("web:")
    conversation_crc(command.conversation_id)


@pytest.mark.parametrize(
    "body", [{}, BODY | {"content": " "}, BODY | {"extra": 1}, BODY | {"subject": "x" * 999}]
)
async def test_a_body_that_does_not_fit_is_422(site: Site, body: Any):
    answer = await site.client.post("/tickets", json=body, headers=site.bearer(REQUESTER))
    assert answer.status_code == 422


async def test_agents_open_no_tickets(site: Site):
    assert (await site.client.post("/tickets", json=BODY, headers=site.bearer(ANA))).status_code == 403


async def test_a_page_and_a_ticket(site: Site):
    site.queries.result = {"items": [], "page": 2, "page_size": 5, "total": 0}
    answer = await site.client.get(
        "/tickets?department=IT&status=assigned&page=2&page_size=5", headers=site.bearer(ANA)
    )
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    ((_, query),) = site.queries.asked
    assert isinstance(query, ListTickets)
    assert (query.department, query.status, query.page, query.page_size) == ("IT", "assigned", 2, 5)
    bad = await site.client.get("/tickets?status=handed_off", headers=site.bearer(ANA))
    assert bad.status_code == 400
    path = f"/tickets/{TICKET.id}"
    site.queries.result = TicketThread(ticket=VIEW, messages=(message(TICKET, 1),))
    found = await site.client.get(f"{path}?limit=5", headers=site.bearer(REQUESTER))
    assert found.json()["messages"][0]["content"] == "hello"
    tag = found.headers["ETag"]
    again = await site.client.get(f"{path}?limit=5", headers=site.bearer(REQUESTER, **{"If-None-Match": tag}))
    assert (again.status_code, again.content) == (304, b"")
    site.commands.result = VIEW.model_dump(mode="json")
    resolve = f"{path}/resolve"
    assert (await site.client.post(resolve, headers=site.bearer(REQUESTER, **{"If-Match": tag}))).is_success
    assert site.commands.if_versions == [VIEW.version]
    site.queries.error = DomainError(ErrorCode.NOT_FOUND, "no")
    assert (await site.client.get(path, headers=site.bearer(REQUESTER))).status_code == 404


async def test_it_is_assigned(site: Site):
    site.commands.result = VIEW.model_dump(mode="json")
    answer = await site.client.post(
        f"/tickets/{TICKET.id}/assign", json={"agent_id": "agent-ben"}, headers=site.bearer(ANA)
    )
    assert answer.status_code == 200
    assert carried(site).agent_id == "agent-ben"


@pytest.mark.parametrize(("verb", "kind"), [("resolve", ResolveTicket), ("close", CloseTicket)])
async def test_it_is_settled(site: Site, verb: str, kind: Any):
    site.commands.result = VIEW.model_dump(mode="json")
    answer = await site.client.post(f"/tickets/{TICKET.id}/{verb}", headers=site.bearer(ANA))
    assert answer.status_code == 200
    assert isinstance(carried(site), kind)


async def test_feedback(site: Site):
    site.commands.result = message(TICKET, 1).model_dump(mode="json")
    path = f"/tickets/{TICKET.id}/messages/m1/feedback"
    bad = await site.client.patch(path, json={"feedback": "meh"}, headers=site.bearer(ANA))
    assert bad.status_code == 422
    answer = await site.client.patch(path, json={"feedback": "up"}, headers=site.bearer(REQUESTER))
    assert answer.status_code == 200
    command = carried(site)
    assert isinstance(command, GiveFeedback)
    assert (command.message_id, command.feedback) == ("m1", "up")


def know(served: Served, ref: Any = TICKET, *sequences: int) -> None:
    served.site.book.found[ref.id] = FoundConversation(conversation=ref)
    served.site.book.events[ref.id] = [envelope(recorded(ref, each), each) for each in sequences]


def address(served: Served, who: Any = REQUESTER, more: str = "") -> str:
    return f"{served.ws}/ws/chat/{TICKET.id}?token={served.site.token(who)}{more}"


def chat(who: Any = REQUESTER, role: str = "user", **more: Any) -> dict[str, Any]:
    return {
        "type": "chat",
        "ticket_id": TICKET.id,
        "sender_id": who.id,
        "sender_role": role,
        "content": "Hello?",
        "isAI": False,
        "feedback": "none",
        **more,
    }


async def test_a_message_is_stored_acked_and_heard_in_the_same_shape(served: Served):
    know(served)
    served.site.commands.result = {"message_id": "m9"}
    async with connected(address(served)) as socket:
        assert await frame(socket) == {"type": "subscribed", "topic": ROOM, "seq": 0, "complete": True}
        for _ in range(2):
            await send(socket, **chat(client_message_id="c1"))
            assert await frame(socket) == {"type": "ack", "client_message_id": "c1", "message_id": "m9"}
        await send(socket, **chat())
        assert await frame(socket) == {"type": "ack", "message_id": "m9"}
        first, second = (command for _, command in served.site.commands.carried_out)
        assert isinstance(first, PostTicketMessage)
        assert (first.content, first.client_message_id, first.actor.kind) == ("Hello?", "c1", "user")
        assert isinstance(second, PostTicketMessage)
        body = chat_frame(TICKET, 1).model_dump_json().encode()
        served.site.gateway.hub.receive(conversation_room(ACCOUNT, TICKET.id), body)
        heard = await frame(socket)
        assert (heard["type"], heard["ticket_id"], heard["seq"]) == ("chat", TICKET.id, 1)


async def test_who_comes_back_gets_what_was_missed(served: Served):
    know(served, TICKET, 1, 2, 3)
    async with connected(address(served, more="&last_seq=1")) as socket:
        assert (await frame(socket))["seq"] == 3
        assert [(await frame(socket))["seq"] for _ in range(2)] == [2, 3]
    async with connected(address(served, ANA, more="&last_seq=2")) as socket:
        await frame(socket)
        assert (await frame(socket))["message_id"] == "message-3"


async def test_what_is_not_for_requesters_stays_so(served: Served):
    other = TICKET.model_copy(update={"requester_id": "somebody"})
    know(served, TICKET)
    served.site.book.events[TICKET.id] = [envelope(recorded(other, 1), 1), envelope(recorded(TICKET, 2), 2)]
    async with connected(address(served, more="&last_seq=0")) as socket:
        await frame(socket)
        assert (await frame(socket))["seq"] == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (chat(sender_id="somebody"), "forbidden"),
        (chat(role="it_agent"), "forbidden"),
        (chat(ticket_id="another-0001"), "forbidden"),
        (chat(content=" "), "invalid"),
        (chat(feedback="up"), "invalid"),
        (chat(isAI="yes"), "invalid"),
        ({"type": "dance"}, "invalid"),
    ],
)
async def test_a_frame_that_breaks_a_rule_is_refused_and_the_socket_stays(
    served: Served, fields: Any, code: str
):
    know(served)
    async with connected(address(served)) as socket:
        await frame(socket)
        await send(socket, **fields)
        refused = await frame(socket)
        assert (refused["type"], refused["code"]) == ("error", code)
        await socket.send(json.dumps({"type": "ping"}))
        assert await frame(socket) == {"type": "pong"}
    assert served.site.commands.carried_out == []


async def test_the_conversations_own_refusal_names_the_message(served: Served):
    know(served)
    served.site.commands.error = DomainError(ErrorCode.NOT_HANDED_OFF, "not now")
    async with connected(address(served, ANA)) as socket:
        await frame(socket)
        await send(socket, **chat(ANA, "it_agent", client_message_id="c7"))
        refused = await frame(socket)
        assert (refused["code"], refused["client_message_id"]) == ("not_handed_off", "c7")


async def test_the_requester_says_what_was_shown(served: Served):
    know(served)
    async with connected(address(served)) as socket:
        await frame(socket)
        await send(socket, type="delivered", message_id="m1")
        await send(socket, type="ping")
        await frame(socket)
    assert carried(served.site).message_id == "m1"


async def test_a_room_that_may_not_be_known_does_not_exist(served: Served):
    know(served, TICKET.model_copy(update={"requester_id": None}))
    async with connected(address(served)) as socket:
        assert await ended(socket) == 4404
    served.site.book.found.clear()
    async with connected(address(served)) as socket:
        assert await ended(socket) == 4404


async def test_a_room_needs_a_token_and_a_role(served: Served):
    async with connected(f"{served.ws}/ws/chat/{TICKET.id}?token=x") as socket:
        assert await ended(socket) == 4401
    stranger = REQUESTER.model_copy(update={"role": "owner"})
    async with connected(address(served, stranger)) as socket:
        assert await ended(socket) == 4403
    async with connected(f"{served.ws}/ws/chat/{TICKET.id}"):
        pass  # gone before it said who it is


async def test_a_response_is_suggested_to_the_assigned_agent(site: Site):
    site.commands.result = {"request_id": "s1"}
    site.queries.result = suggestion()
    context = [
        "It is down",
        {"sender_role": "it_agent", "content": "I see", "isAI": False, "seq": 4},
        " ",
        "",
    ]
    body = {"ticket_id": TICKET.id, "conversation_context": context}
    answer = await site.client.post("/ai/suggest-response", json=body, headers=site.bearer(ANA))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["suggested_response"], told["isAI"], told["suggestion_id"]) == ("Restart it", True, "s1")
    command = carried(site)
    assert isinstance(command, SuggestResponse)
    assert [(one.role, one.content) for one in command.context] == [
        ("contact", "It is down"),
        ("agent", "I see"),
    ]
    refused = await site.client.post("/ai/suggest-response", json=body, headers=site.bearer(REQUESTER))
    assert refused.status_code == 403


def suggestion() -> SuggestionView:
    return SuggestionView(
        id="s1",
        conversation_id=TICKET.id,
        message_id="m1",
        body="Restart it",
        confidence=0.2,
        created_at=WHEN,
    )


async def suggested(commands: ScriptedCommands, queries: ScriptedQueries) -> SuggestionView:
    commands.result = {"request_id": "s1"}
    use_case = SuggestResponseAndWait(RunCommand(commands), queries, derived_id, limit=0.0)
    return await use_case(PersonCaller(ANA, WHEN), TICKET.id, (), "command-1")


async def test_a_suggestion_that_does_not_come_is_asked_for_once_more():
    commands, queries = ScriptedCommands(), ScriptedQueries()
    queries.error = DomainError(ErrorCode.NOT_FOUND, "not yet")
    with pytest.raises(TransientError):
        await suggested(commands, queries)
    assert len({command_id for command_id, _ in commands.carried_out}) == 2
    queries.error = DomainError(ErrorCode.FORBIDDEN, "no")
    with pytest.raises(DomainError):
        await suggested(commands, queries)
