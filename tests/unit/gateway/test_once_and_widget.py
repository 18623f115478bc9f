from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel
from libs.runtime.ids import derived_id
from services.gateway.adapters.jwt_tokens import JwtTokens
from services.gateway.domain.callers import PersonCaller, VisitorCaller
from services.gateway.use_cases.acknowledge_message import AcknowledgeShownMessage
from services.gateway.use_cases.answer_once import AnswerOnce
from services.gateway.use_cases.attach_files import AttachFiles
from services.gateway.use_cases.open_widget_session import OpenWidgetSession
from services.gateway.use_cases.record_visitor_message import RecordVisitorMessage
from tests.unit.gateway.fakes import Clock, InMemoryAnswers, KnownConnections, RecordingInbound, away
from tests.unit.gateway.samples import ACCOUNT, ANA, TELEGRAM, WHEN, WIDGET
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

SECRET = "s" * 32


class Work:
    def __init__(self, *results: Any) -> None:
        self.results = list(results)
        self.done = 0

    async def __call__(self) -> dict[str, object]:
        self.done += 1
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return {"answer": result}


async def test_the_same_key_gives_the_same_answer_and_the_work_is_done_once():
    once, work = AnswerOnce(InMemoryAnswers()), Work(1, 2)
    assert await once("r", "body", work) == {"answer": 1}
    assert await once("r", "body", work) == {"answer": 1}
    assert work.done == 1


async def test_a_rule_that_said_no_says_no_again():
    once, work = AnswerOnce(InMemoryAnswers()), Work(DomainError(ErrorCode.NOT_HANDED_OFF, "no"), 2)
    for _ in range(2):
        with pytest.raises(DomainError) as refused:
            await once("r", "body", work)
        assert refused.value.code == "not_handed_off"
    assert work.done == 1


async def test_a_passing_failure_is_not_remembered():
    once, work = AnswerOnce(InMemoryAnswers()), Work(away(), 2)
    with pytest.raises(type(away())):
        await once("r", "body", work)
    assert await once("r", "body", work) == {"answer": 2}


async def test_the_key_with_another_body_is_refused():
    once, work = AnswerOnce(InMemoryAnswers()), Work(1, 2)
    await once("r", "body", work)
    with pytest.raises(DomainError) as refused:
        await once("r", "other", work)
    assert refused.value.code == "idempotency_key_reused"


async def test_done_work_is_answered_though_its_answer_could_not_be_kept():
    answers = InMemoryAnswers()
    answers.away = True
    assert await AnswerOnce(answers)("r", "body", Work(1)) == {"answer": 1}


def opener(clock: Clock, **changes: Any) -> OpenWidgetSession:
    return OpenWidgetSession(
        KnownConnections(WIDGET.model_copy(update=changes), TELEGRAM),
        JwtTokens(SECRET, "parley"),
        lifetime=timedelta(hours=24),
        resumable=timedelta(days=30),
        now=clock.now,
        derive_id=derived_id,
    )


async def test_a_visitor_gets_a_session_of_the_connections_account():
    clock = Clock()
    clock.moment = WHEN + timedelta(days=3650)
    session = await opener(clock)("conn-web", name="Mira", visitor_id="v1")
    caller = JwtTokens(SECRET, "parley").read_visitor(session.token)
    assert (caller.account_id, caller.chatbot_id, caller.connection_id) == (ACCOUNT, "bot-1", "conn-web")
    assert (caller.session_id, session.session_id, session.expires_in) == ("web:v1", "web:v1", 86400)


@pytest.mark.parametrize(
    ("connection_id", "changes"),
    [
        ("nothing", {}),
        ("conn-tg", {}),
        ("conn-web", {"status": "disconnected"}),
        ("conn-web", {"channel": Channel.TELEGRAM}),
    ],
)
async def test_only_a_connected_widget_gives_sessions(connection_id: str, changes: dict[str, Any]):
    with pytest.raises(DomainError) as refused:
        await opener(Clock(), **changes)(connection_id, name="", visitor_id="v1")
    assert refused.value.code == "not_found"


def visitor(**changes: Any) -> VisitorCaller:
    fields: dict[str, Any] = {
        "account_id": ACCOUNT,
        "chatbot_id": "bot-1",
        "connection_id": "conn-web",
        "visitor_id": "v1",
        "name": "Mira",
        "expires_at": WHEN + timedelta(days=3650),
    }
    return VisitorCaller(**fields | changes)


async def test_an_old_session_is_taken_up_by_its_token():
    old = JwtTokens(SECRET, "parley").for_visitor(visitor(), issued_at=WHEN)
    session = await opener(Clock())("conn-web", name="", visitor_id="fresh", old_token=old)
    assert session.session_id == "web:v1"


@pytest.mark.parametrize(
    "old",
    [
        JwtTokens(SECRET, "parley").for_visitor(visitor(connection_id="conn-other"), issued_at=WHEN),
        JwtTokens("x" * 32, "parley").for_visitor(visitor(), issued_at=WHEN),
        JwtTokens(SECRET, "parley").for_visitor(
            visitor(expires_at=WHEN - timedelta(days=3650)), issued_at=WHEN
        ),
        "nonsense",
    ],
)
async def test_what_is_no_session_of_this_widget_is_refused(old: str):
    with pytest.raises(DomainError) as refused:
        await opener(Clock())("conn-web", name="", visitor_id="fresh", old_token=old)
    assert refused.value.code == "unauthenticated"


def test_neither_token_passes_for_the_other():
    tokens = JwtTokens(SECRET, "parley")
    later = WHEN + timedelta(days=3650)
    person = tokens.for_person(PersonCaller(ANA, later), issued_at=WHEN)
    assert tokens.read_person(person).person == ANA
    with pytest.raises(DomainError):
        tokens.read_visitor(person)
    with pytest.raises(DomainError):
        tokens.read_person(tokens.for_visitor(visitor(), issued_at=WHEN))
    with pytest.raises(DomainError):
        JwtTokens(SECRET, "another issuer").read_person(person)
    header, claims, _ = person.split(".")
    for forged in (f"{header}.{claims}.", f"{header}.{claims}", "eyJhbGciOiJub25lIn0." + claims + "."):
        with pytest.raises(DomainError):
            tokens.read_person(forged)


async def test_a_visitors_message_is_unique_within_the_visitors_session():
    inbound = RecordingInbound()
    record = RecordVisitorMessage(
        inbound, AttachFiles(InMemoryBlobs()), now=Clock().now, derive_id=derived_id
    )
    for who in ("v1", "v1", "v2"):
        await record(visitor(visitor_id=who), content="hi", client_message_id="1")
    ids = [command_id for command_id, _, _ in inbound.recorded]
    assert ids[0] == ids[1] != ids[2]
    command = inbound.recorded[0][2]
    assert (command.session_id, command.delivery_id, command.client_message_id) == ("web:v1", "v1:1", "1")
    assert command.channel is Channel.WIDGET


async def test_a_shown_message_is_acknowledged_under_one_id():
    inbound = RecordingInbound()
    acknowledge = AcknowledgeShownMessage(inbound, derived_id)
    for _ in range(2):
        await acknowledge(visitor(), conversation_id="c-00ff", message_id="m")
    assert inbound.acknowledged[0] == inbound.acknowledged[1]
