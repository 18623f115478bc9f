"""Every operation, for every kind of caller, on objects that are theirs, another department's, another
account's: generated from the running gateway's document.

What is not allowed is 403, or 404 where the caller may not know that the thing exists; lists show nothing of
it. A path parameter that is not named in `Things` is tried with an id that nobody has.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
import websockets

from deploy.local.demo import account
from libs.contracts.api_keys import Scope
from libs.contracts.conversation import Person
from libs.runtime.clock import now
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain import policy
from services.gateway.domain.callers import PersonCaller
from tests.e2e.parley import Parley, eventually
from tests.patience import PATIENCE
from tests.unit.gateway.operations import Operation, operations

ELSEWHERE = "acc-elsewhere"
#: Of a ticket, they are refused to those whom the ticket's own routes refuse.
BY_THE_TICKETS_RULE = {"resolveConversation", "closeConversation", "changeConversationStatus"}
#: What would take the ticket out of its callers' sight; tried with strangers alone.
MOVES = {"handOffConversation", "transferConversation", "assignConversation", "eraseContact", "mergeContacts"}
#: What would end what the other requests need, or says nothing about an object.
NOT_TRIED = {"logOut", "openTicket", "startConversation"}
#: Section 10 of the specification, where it says more than who sees it: 403 for those who do, or 409 where
#: the ticket's status says no first.
FORBIDDEN = {
    "assignTicket": {"requester"},
    "resolveTicket": {"assigned", "department", "admin"},
    "closeTicket": {"requester", "department"},
    "suggestResponse": {"department", "admin"},
}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls; `sees` names the things they may know of."""

    name: str
    headers: dict[str, str]
    role: str
    sees: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def let_in(self, one: Operation) -> bool:
        """Whether the operation is for such callers at all."""
        return policy.may_call(one.name, self.role, self.scopes)


@dataclass
class Things:
    """A ticket of IT that is assigned to an agent, and all that hangs on it."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """What must not be read by who may not see it."""
        return [self.values["conversation_id"]]


@dataclass(frozen=True)
class Scene:
    """The stack, its callers and its things."""

    http: httpx.AsyncClient
    address: str
    things: Things
    callers: Mapping[str, Caller]
    operations: list[Operation]

    async def call(self, caller: Caller, one: Operation) -> httpx.Response:
        """One request. The body is the document's example, about the thing where it names one."""
        body = one.body
        if isinstance(body, dict):
            known = {"ticket_id": self.things.values["ticket_id"], "attachments": []}
            body = {name: known.get(name, value) for name, value in body.items()}
        return await self.http.request(
            one.method,
            self.address + one.address(self.things.values),
            json=body,
            files={"file": ("note.txt", b"It blinks.", "text/plain")} if one.is_upload else None,
            headers=caller.headers,
        )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
async def scene(parley: Parley) -> Scene:
    address = parley.gateways[0]
    tokens = JwtTokens(parley.stack.secrets.jwt_secret, "parley")

    def person(
        name: str, role: str, *departments: str, account_id: str = account.ACCOUNT_ID
    ) -> dict[str, str]:
        one = Person(
            id=name,
            account_id=account_id,
            email=f"{name}@matrix.test",
            name=name,
            role=role,
            departments=departments,
        )
        made = PersonCaller(one, now() + timedelta(minutes=10))
        return bearer(tokens.for_person(made, issued_at=now()))

    admin = person("admin-dora", "admin")

    async def made(path: str, body: object, headers: dict[str, str]) -> dict[str, object]:
        answer = await parley.http.post(address + path, json=body, headers=headers)
        assert answer.is_success, (path, answer.text)
        return dict(answer.json())

    wanted = {"department": "IT", "subject": "Dock", "content": "It blinks."}
    ticket = str((await made("/tickets", wanted, person("user-uma", "user")))["id"])

    async def handed_off() -> bool:
        assigned = await parley.http.post(
            f"{address}/tickets/{ticket}/assign", json={"agent_id": "agent-ivo"}, headers=admin
        )
        return assigned.status_code == 200

    await eventually(handed_off, "the ticket is assigned")
    thread = (await parley.http.get(f"{address}/api/v1/conversations/{ticket}", headers=admin)).json()
    values = {
        "ticket_id": ticket,
        "conversation_id": ticket,
        "chatbot_id": thread["conversation"]["chatbot_id"],
        "message_id": thread["messages"][0]["id"],
        "contact_id": thread["conversation"]["contact"]["id"],
    }
    every = {"name": "Matrix", "scopes": [str(scope) for scope in Scope]}
    key = await made("/api/v1/api-keys", every, admin)
    poor = await made("/api/v1/api-keys", {"name": "Poor", "scopes": ["stats"]}, admin)
    foreign = await made("/api/v1/api-keys", every, person("boss", "admin", account_id=ELSEWHERE))
    all_scopes = frozenset(map(str, Scope))
    ours = frozenset({"ticket"})
    callers = [
        Caller("requester", person("user-uma", "user"), "user", ours),
        Caller("assigned", person("agent-ivo", "agent", "IT"), "agent", ours),
        Caller("department", person("agent-ida", "agent", "IT"), "agent", ours),
        Caller("admin", admin, "admin", ours),
        Caller("key", bearer(str(key["token"])), "api_key", ours, all_scopes),
        Caller("poor key", bearer(str(poor["token"])), "api_key", ours, frozenset({"stats"})),
        Caller("another user", person("user-sam", "user"), "user"),
        Caller("agent elsewhere", person("agent-hana", "agent", "HR"), "agent"),
        Caller("agent of another account", person("eve", "agent", "IT", account_id=ELSEWHERE), "agent"),
        Caller("admin of another account", person("boss", "admin", account_id=ELSEWHERE), "admin"),
        Caller("user of another account", person("user-uma", "user", account_id=ELSEWHERE), "user"),
        Caller("key of another account", bearer(str(foreign["token"])), "api_key", scopes=all_scopes),
        Caller("nobody", {}, "nobody"),
        Caller("visitor", bearer("not.a.person"), "nobody"),
    ]
    document = (await parley.http.get(f"{address}/openapi.json")).json()
    tried = [
        one for one in operations(document) if policy.needs_token(one.name) and one.name not in NOT_TRIED
    ]
    return Scene(parley.http, address, Things(values), {one.name: one for one in callers}, tried)


def of_the_ticket(one: Operation) -> bool:
    """Whether the operation is about the ticket, or what hangs on it."""
    about = {"ticket_id", "conversation_id", "contact_id"}
    return bool(about & set(one.parameters)) or one.name == "suggestResponse"


def tried(caller: Caller, one: Operation) -> bool:
    """Whether the request can be sent: not what would change the account that the other tests share, nor take
    the ticket out of its callers' sight.
    """
    if caller.sees and caller.let_in(one) and (one.name in MOVES or one.method == "DELETE"):
        return False
    harmless = one.method == "GET" or of_the_ticket(one) or not caller.let_in(one)
    return harmless or "another account" in caller.name


async def wrong(scene: Scene, caller: Caller, one: Operation, slots: asyncio.Semaphore) -> str | None:
    """What is wrong with the answer, if anything."""
    async with slots:
        try:
            answer = await scene.call(caller, one)
        except httpx.ReadError:
            # Refused before its body was read, and cut off: nothing was taken.
            return None if one.is_upload and refusals(caller, one) else f"{one} by {caller.name}: cut off"
    said = f"{one} by {caller.name}: {answer.status_code} {answer.text[:200]}"
    # One's own trail names what one has asked for; whose trail it is, its own tests show.
    names = one.name != "listAudit" and any(word in answer.text for word in scene.things.words)
    leaked = names and not caller.sees
    wanted = refusals(caller, one)
    if wanted:
        return None if answer.status_code in wanted else said
    refused = caller.sees and answer.status_code in {401, 403} and one.name not in BY_THE_TICKETS_RULE
    return said if refused or leaked or answer.status_code == 500 else None


def refusals(caller: Caller, one: Operation) -> set[int]:
    """The statuses that say no; none where the caller is let in, whatever becomes of it then."""
    if caller.role == "nobody":
        return {401}
    if not caller.let_in(one):
        return {403}
    if caller.sees:
        return {403, 409} if caller.name in FORBIDDEN.get(one.name, ()) else set()
    return {404} if of_the_ticket(one) else set()


async def test_who_may_not_reads_and_changes_nothing(scene: Scene) -> None:
    slots = asyncio.Semaphore(8)
    strangers = [one for one in scene.callers.values() if not one.sees]
    found = await asyncio.gather(
        *(
            wrong(scene, caller, one, slots)
            for caller in strangers
            for one in scene.operations
            if tried(caller, one)
        )
    )
    assert not any(found), "\n".join(one for one in found if one)


async def test_who_may_is_let_in_and_told_where_the_table_says_no(scene: Scene) -> None:
    slots = asyncio.Semaphore(8)
    insiders = [one for one in scene.callers.values() if one.sees]
    asked = [(caller, one) for caller in insiders for one in scene.operations if tried(caller, one)]
    # Whoever writes in a ticket takes it over, which changes what the rules say of them: these first.
    first = [(caller, one) for caller, one in asked if caller.name in FORBIDDEN.get(one.name, ())]
    later = [(caller, one) for caller, one in asked if one.name not in FORBIDDEN]
    assert first
    found = [await wrong(scene, caller, one, slots) for caller, one in first]
    found += await asyncio.gather(*(wrong(scene, caller, one, slots) for caller, one in later))
    assert not any(found), "\n".join(one for one in found if one)


@pytest.mark.parametrize(
    ("path", "name", "code"),
    [
        ("/ws", "nobody", 4401),
        ("/ws", "requester", 4403),
        ("/ws", "poor key", 4403),
        ("/ws/widget", "admin", 4401),
        ("/ws/chat/{}", "nobody", 4401),
        ("/ws/chat/{}", "key", 4403),
        ("/ws/chat/{}", "another user", 4404),
        ("/ws/chat/{}", "agent elsewhere", 4404),
        ("/ws/chat/{}", "admin of another account", 4404),
        ("/ws/chat/{}", "user of another account", 4404),
    ],
)
async def test_sockets_that_are_not_for_somebody_are_closed(
    scene: Scene, path: str, name: str, code: int
) -> None:
    caller = scene.callers[name]
    token = caller.headers.get("Authorization", "Bearer none").removeprefix("Bearer ")
    address = scene.address.replace("http", "ws", 1) + path.format(scene.things.values["ticket_id"])
    async with websockets.connect(f"{address}?token={token}", proxy=None) as socket:
        async with asyncio.timeout(10 * PATIENCE):
            await socket.wait_closed()
        assert socket.close_code == code


async def test_on_a_socket_what_one_may_not_see_is_not_there(scene: Scene) -> None:
    ticket = scene.things.values["ticket_id"]
    for name in ("agent elsewhere", "admin of another account", "key of another account"):
        address = scene.address.replace("http", "ws", 1) + "/ws"
        headers = scene.callers[name].headers
        async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
            topics = [f"ticket_{ticket}", ticket]
            if "another account" in name:
                topics.append(f"account:{account.ACCOUNT_ID}")
            for topic in topics:
                for frame in (
                    {"type": "subscribe", "topic": topic},
                    {"type": "subscribe", "topic": topic, "last_seq": 0},
                    {"type": "typing", "topic": topic, "typing": True},
                    {"type": "read", "topic": topic},
                ):
                    await socket.send(json.dumps(frame))
                    async with asyncio.timeout(10 * PATIENCE):
                        while '"error"' not in (answer := str(await socket.recv())):
                            assert f'"topic":"{topic}"' not in answer
