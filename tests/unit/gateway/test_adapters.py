import asyncio
import gc
import weakref
from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.connections import ConnectionPage, ConnectionView, ListConnections
from libs.contracts.conversation import FoundConversation, PostReply
from libs.contracts.delivery import ConnectionChanged, ConnectionSecrets, SealedConnection
from libs.contracts.envelope import wrap
from libs.contracts.errors import DomainError, ErrorCode, PermanentError, TransientError
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox
from services.gateway.adapters import delivery_connections
from services.gateway.adapters.argon2_passwords import Argon2Passwords
from services.gateway.adapters.conversation_service import ConversationPeople, ConversationService
from services.gateway.adapters.delivery_connections import DeliveryConnections, sealing_context
from services.gateway.adapters.delivery_office import DeliveryOffice
from services.gateway.entrypoints.subscribers import realtime_reader
from services.gateway.use_cases.hub import Hub
from tests.unit.gateway.fakes import away
from tests.unit.gateway.samples import ACCOUNT, ANA, TELEGRAM, WHEN, until

BOX = SealedBox(b"k" * 32)


class Rpc:
    """Answers by a function; counts what was asked; can be held up."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[Any] = []
        self.gate: asyncio.Event | None = None

    async def ask(self, query: Any, **_: Any) -> Any:
        self.asked.append(query)
        answer = self.answer(query)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def command(self, command: Any, **options: Any) -> dict[str, Any]:
        self.asked.append((command, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"done": True}


def sealed(connection: ConnectionSecrets, *, context: str | None = None) -> SealedConnection:
    plain = connection.model_dump_json().encode()
    where = context or sealing_context(connection.connection_id)
    return SealedConnection(sealed=BOX.seal(plain, context=where))


def connections(answer: Any) -> tuple[DeliveryConnections, Rpc]:
    rpc = Rpc(answer)
    return DeliveryConnections(rpc, BOX), rpc  # type: ignore[arg-type] # a fake of the client


NOT_FOUND = DomainError(ErrorCode.NOT_FOUND, "no")


def of_number(number: int | str, name: str, channel: Channel = Channel.WHATSAPP) -> ConnectionView:
    settings = {"phone_number_id": number}
    return ConnectionView(id=name, chatbot_id="b", channel=channel, settings=settings, status="connected")


async def test_generated_credentials_open_for_their_connection_alone():
    office = DeliveryOffice(Rpc(None), BOX)  # type: ignore[arg-type] # a fake of the client
    secret = BOX.seal(b'{"verify_token": "v"}', context="generated:conn-1")
    assert office.open_generated("conn-1", secret) == {"verify_token": "v"}
    with pytest.raises(PermanentError):
        office.open_generated("conn-2", secret)


async def test_a_number_leads_to_its_connection_on_whichever_page_it_is():
    pages = {
        None: ConnectionPage(items=(of_number("1", "other"),), next_cursor="next"),
        "next": ConnectionPage(
            items=(of_number(70002, "pigeon", Channel.TELEGRAM), of_number(70002, "conn-tg"))
        ),
    }

    def answer(query: Any) -> Any:
        return pages[query.cursor] if isinstance(query, ListConnections) else sealed(TELEGRAM)

    found, rpc = connections(answer)
    assert await found.of_number(ACCOUNT, "70002") == TELEGRAM
    assert await found.of_number(ACCOUNT, "70003") is None
    assert [query.cursor for query in rpc.asked if isinstance(query, ListConnections)] == [None, "next"] * 2


async def test_no_more_than_so_many_pages_are_looked_through():
    found, rpc = connections(lambda _: ConnectionPage(items=(), next_cursor="more"))
    assert await found.of_number(ACCOUNT, "70002") is None
    assert len(rpc.asked) == 10


async def test_a_connection_is_asked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch):
    found, rpc = connections(lambda _: sealed(TELEGRAM))
    clock = [1000.0]
    monkeypatch.setattr(delivery_connections, "monotonic", lambda: clock[0])
    for _ in range(3):
        assert await found.find("conn-tg") == TELEGRAM
    assert len(rpc.asked) == 1
    clock[0] += 61
    await found.find("conn-tg")
    assert len(rpc.asked) == 2


async def test_that_there_is_none_is_remembered_for_seconds(monkeypatch: pytest.MonkeyPatch):
    found, rpc = connections(lambda _: NOT_FOUND)
    clock = [1000.0]
    monkeypatch.setattr(delivery_connections, "monotonic", lambda: clock[0])
    for _ in range(3):
        assert await found.find("nothing") is None
    clock[0] += 5.1
    await found.find("nothing")
    assert len(rpc.asked) == 2


async def test_many_who_ask_at_once_ask_once_and_one_who_gives_up_spoils_nothing():
    found, rpc = connections(lambda _: sealed(TELEGRAM))
    rpc.gate = asyncio.Event()
    asking = [asyncio.create_task(found.find("conn-tg")) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    rpc.gate.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert results[1:] == [TELEGRAM] * 4
    assert len(rpc.asked) == 1


async def test_an_answer_that_was_on_its_way_during_a_change_is_not_remembered():
    secret = "old"
    found, rpc = connections(lambda _: sealed(TELEGRAM.model_copy(update={"webhook_secret": secret})))
    rpc.gate = asyncio.Event()
    asking = asyncio.create_task(found.find("conn-tg"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    secret = "new"
    found.drop("conn-tg")
    rpc.gate.set()
    await asking
    connection = await found.find("conn-tg")
    assert connection is not None
    assert connection.webhook_secret == "new"


async def test_after_missed_changes_everything_is_asked_for_anew():
    found, rpc = connections(lambda _: sealed(TELEGRAM))
    await found.find("conn-tg")
    found.drop_all()
    await found.find("conn-tg")
    assert len(rpc.asked) == 2


async def test_failures_are_passed_on_and_not_remembered():
    found, rpc = connections(lambda _: away())
    for _ in range(2):
        with pytest.raises(TransientError):
            await found.find("conn-tg")
    rpc.answer = lambda _: DomainError(ErrorCode.FORBIDDEN, "no")
    with pytest.raises(DomainError):
        await found.find("conn-tg")
    assert len(rpc.asked) == 3


async def test_an_answer_sealed_for_something_else_does_not_open():
    found, _ = connections(lambda _: sealed(TELEGRAM, context="connection:other"))
    with pytest.raises(PermanentError):
        await found.find("conn-tg")


async def test_another_connection_than_asked_for_is_none():
    swapped = TELEGRAM.model_copy(update={"connection_id": "conn-2"})
    found, _ = connections(lambda _: sealed(swapped, context="connection:conn-tg"))
    assert await found.find("conn-tg") is None


async def test_look_ups_and_memory_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delivery_connections, "_AT_ONCE", 2)
    monkeypatch.setattr(delivery_connections, "_MOST", 2)
    found, rpc = connections(lambda _: NOT_FOUND)
    rpc.gate = asyncio.Event()
    asking = [asyncio.create_task(found.find(name)) for name in ("a", "b")]
    await asyncio.sleep(0)
    with pytest.raises(TransientError):
        await found.find("c")
    rpc.gate.set()
    await asyncio.gather(*asking)
    await found.find("c")
    assert len(found._known) == 2


async def test_an_error_that_everybody_hung_up_on_is_nobodys():
    found, rpc = connections(lambda _: away())
    rpc.gate = asyncio.Event()
    asking = asyncio.create_task(found.find("conn-tg"))
    await until(lambda: bool(rpc.asked))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    del asking  # its error's frames hold the look-up
    complaints: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        task = weakref.ref(found._asking["conn-tg"])
        rpc.gate.set()
        await until(lambda: gc.collect() >= 0 and task() is None)
        assert complaints == []
    finally:
        loop.set_exception_handler(None)


async def test_a_command_goes_to_its_conversations_partition_and_no_other_id_is_one():
    rpc = Rpc(None)
    service = ConversationService(rpc, command_limit=3.0)  # type: ignore[arg-type] # a fake of the client
    command = PostReply(actor=SYSTEM, conversation_id="c-00f3", content="Hi")
    await service.carry_out(command, conversation_id="c-00f3", account_id=ACCOUNT, id="i")
    assert rpc.asked[0][1]["routing_key"] == "p03.post_reply.v1"
    for absurd in ("", "c", "c-", "c-xyz!", "-00ff", "c-00f"):
        with pytest.raises(DomainError) as refused:
            await service.carry_out(command, conversation_id=absurd, account_id=ACCOUNT, id="i")
        assert refused.value.code == "not_found"


async def test_a_command_that_came_too_late_may_be_tried_again_and_a_refused_one_not():
    rpc = Rpc(DomainError(ErrorCode.EXPIRED, "too late"))
    service = ConversationService(rpc, command_limit=3.0)  # type: ignore[arg-type] # a fake of the client
    command = PostReply(actor=SYSTEM, conversation_id="c-00f3", content="Hi")
    with pytest.raises(TransientError):
        await service.carry_out(command, conversation_id="c-00f3", account_id=ACCOUNT, id="i")
    rpc.answer = DomainError(ErrorCode.NOT_HANDED_OFF, "no")
    with pytest.raises(DomainError):
        await service.carry_out(command, conversation_id="c-00f3", account_id=ACCOUNT, id="i")


async def test_not_found_is_an_answer_where_somebody_looks_for_something():
    rpc = Rpc(lambda _: NOT_FOUND)
    service = ConversationService(rpc, command_limit=3.0)  # type: ignore[arg-type] # a fake of the client
    assert await service.find_for_person(ANA, session_id="tg:1") == FoundConversation()
    people = ConversationPeople(rpc)  # type: ignore[arg-type] # a fake of the client
    assert await people.find("x", ACCOUNT) is None
    rpc.answer = lambda _: DomainError(ErrorCode.INVALID, "no")
    with pytest.raises(DomainError):
        await service.find_for_person(ANA, session_id="tg:1")
    with pytest.raises(DomainError):
        await people.find("x", ACCOUNT)


async def test_a_person_of_another_account_is_nobody():
    people = ConversationPeople(Rpc(lambda _: ANA))  # type: ignore[arg-type] # a fake of the client
    assert await people.find(ANA.id, ACCOUNT) == ANA
    assert await people.find(ANA.id, "acc-2") is None


async def test_argon2_tells_right_from_wrong_and_nobody_is_never_right():
    passwords = Argon2Passwords()
    hashed = await asyncio.to_thread(passwords._hasher.hash, "right")
    assert await passwords.matches(hashed, "right")
    assert not await passwords.matches(hashed, "wrong")
    assert not await passwords.matches("no hash", "right")
    assert not await passwords.matches(None, "right")
    await passwords.close()


async def test_too_many_log_ins_at_once_are_sent_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.adapters.argon2_passwords._MOST_WAITING", 1)
    passwords = Argon2Passwords()
    first = asyncio.create_task(passwords.matches(None, "x"))
    await asyncio.sleep(0)
    with pytest.raises(TransientError):
        await passwords.matches(None, "x")
    await first
    await passwords.close()


async def test_a_log_in_that_waits_too_long_is_sent_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.gateway.adapters.argon2_passwords._LIMIT", 0.0)
    passwords = Argon2Passwords()
    with pytest.raises(TransientError):
        await passwords.matches(None, "x")
    await passwords.close()


def changed(connection_id: str) -> bytes:
    event = ConnectionChanged(actor=SYSTEM, occurred_at=WHEN, connection_id=connection_id)
    return wrap(event, id="e", source="delivery", time=WHEN, accountid=ACCOUNT).encode()


def test_changes_of_connections_are_told_and_nonsense_is_passed_over(logged: list[Any]):
    dropped: list[str] = []
    ended: list[bytes] = []
    read = realtime_reader(Hub(None, report=print), dropped.append, ended.append)  # type: ignore[arg-type] # no gaps here
    key = "p01.delivery.connection_changed.v1"
    read(key, changed("conn-tg"))
    read(key, b"nonsense")
    read(key, changed("conn-2").replace(b"connection_changed.v1", b"connection_changed.v9"))
    read("b7.c.acc-1.c-00ff", b"nobody is in there")
    read("b0.sessions-ended", b'["family-1"]')
    assert dropped == ["conn-tg"]
    assert ended == [b'["family-1"]']
    assert len(logged) == 2
