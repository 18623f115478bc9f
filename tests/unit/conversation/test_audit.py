"""The audit trail: what is kept of a command, and who reads it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.audit import AuditEntry, ListAudit, RecordAction
from libs.contracts.base import SYSTEM, Actor, Command
from libs.contracts.conversation import AcknowledgeMessage, PostReply, RegisterPerson
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.erasure import EraseContact
from libs.contracts.errors import DomainError
from libs.contracts.people import CreatePerson, ListPeople
from libs.contracts.vocabulary import ActorKind, Role
from services.conversation.domain.audit import entry_of, made_by, targets_of, trace_of
from services.conversation.use_cases.audit_ports import AuditFilter, AuditPlace
from services.conversation.use_cases.list_audit import ListAuditForAdmin
from services.conversation.use_cases.ports import Call
from services.conversation.use_cases.record_action import record_action
from tests.unit.conversation.making import ADMIN, AI, CONTACT, agent, moment, person

ANA = agent("ana", "IT")
TRACE = "00-5b8aa5a2d2c872e8321cf37308d69df2-051581bf3cb55c13-01"


def enveloped(command: Command) -> Envelope:
    return wrap(command, id="cmd-1", source="gateway", time=moment(0), accountid="acme", traceparent=TRACE)


def entry(command: Any, **fields: Any) -> AuditEntry | None:
    return entry_of(command, enveloped(command), moment(1), **fields)


def reply(actor: Actor) -> PostReply:
    return PostReply(actor=actor, conversation_id="c-1-00ff", chatbot_id="bot-1", content="a canary")


def test_an_entry_says_who_what_on_what_when_and_in_which_trace_and_no_word() -> None:
    kept = entry(reply(ANA))
    assert kept == AuditEntry(
        id="cmd-1",
        at=moment(1),
        actor_kind=ActorKind.AGENT,
        actor_id="ana",
        action="post_reply",
        targets={"conversation": "c-1-00ff", "chatbot": "bot-1"},
        result="done",
        trace_id="5b8aa5a2d2c872e8321cf37308d69df2",
    )
    assert "canary" not in kept.model_dump_json()


def test_a_refusal_has_its_code() -> None:
    kept = entry(EraseContact(actor=ADMIN, contact_id="p1"), result="refused", code="not_found")
    assert kept is not None
    assert (kept.action, kept.result, kept.code) == ("erase_contact", "refused", "not_found")
    assert kept.targets == {"contact": "p1"}


@pytest.mark.parametrize("actor", [SYSTEM, AI, CONTACT])
def test_what_no_person_did_is_no_entry(actor: Actor) -> None:
    assert entry(reply(actor)) is None


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.API_KEY])
def test_users_and_keys_have_entries_too(kind: ActorKind) -> None:
    kept = entry(reply(Actor(kind=kind, id="one")))
    assert kept is not None
    assert kept.actor_kind is kind


def test_that_a_message_was_shown_is_no_action_and_a_query_neither() -> None:
    user = Actor(kind=ActorKind.USER, id="uma", role=Role.USER)
    shown = AcknowledgeMessage(actor=user, conversation_id="c-1-00ff", message_id="m1")
    assert entry(shown) is None
    assert entry_of(ListPeople(person=person("ana")), enveloped(reply(ANA)), moment(1)) is None


def test_somebody_in_a_command_is_named_by_id() -> None:
    assert targets_of(CreatePerson(actor=ADMIN, person=person("ben"))) == {"person": "ben"}
    assert targets_of(RegisterPerson(actor=ADMIN, person=person("ben"))) == {"person": "ben"}


def test_what_a_command_made_is_named() -> None:
    assert made_by(person("ben")) == {"made": "ben"}
    assert made_by(None) == {}
    assert made_by(reply(ANA)) == {}


def test_a_trace_that_is_none_is_none() -> None:
    assert trace_of(None) is None
    assert trace_of("nonsense") is None


async def test_the_gateways_own_actions_are_kept_as_it_says_them() -> None:
    command = RecordAction(
        actor=ANA, action="log_in", targets={"session": "s1"}, result="refused", code="unauthenticated"
    )
    kept = entry(command)
    assert kept is not None
    assert (kept.action, kept.targets) == ("log_in", {"session": "s1"})
    assert (kept.result, kept.code) == ("refused", "unauthenticated")
    await record_action(command, Call("acme", "cmd-1", moment(1)), None)  # type: ignore[arg-type] # untouched


class Trail:
    """Entries in memory, the newest first."""

    def __init__(self, entries: Sequence[AuditEntry]) -> None:
        self.rows = sorted(entries, key=lambda one: (one.at, one.id), reverse=True)
        self.wanted: AuditFilter | None = None

    async def entries(
        self, account_id: str, wanted: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[AuditEntry]:
        assert account_id == "acme"
        self.wanted = wanted
        behind = [one for one in self.rows if after is None or (one.at, one.id) < (after.at, after.entry_id)]
        return behind[:limit]


def trail(count: int) -> Trail:
    made = entry(reply(ANA))
    assert made is not None
    return Trail([made.model_copy(update={"id": f"e{n}", "at": moment(n // 2)}) for n in range(count)])


CALL = Call("acme", "q", moment(9))


async def test_pages_go_on_without_a_gap_or_a_double() -> None:
    listing, admin, cursor, seen = ListAuditForAdmin(trail(5)), person("ada", role="admin"), None, []
    while True:
        page = await listing(ListAudit(person=admin, cursor=cursor, page_size=2), CALL)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["e4", "e3", "e2", "e1", "e0"]


async def test_filters_reach_the_store() -> None:
    kept, admin = trail(1), person("ada", role="admin")
    since = moment(0) - timedelta(days=1)
    await ListAuditForAdmin(kept)(
        ListAudit(person=admin, actor_id="ana", action="post_reply", target="c", result="done", since=since),
        CALL,
    )
    assert kept.wanted == AuditFilter("ana", "post_reply", "c", "done", since, None)


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U=", "MjAyNi0xMS0yMFQwMDowMDowMCBl"])
async def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(DomainError) as refused:
        await ListAuditForAdmin(trail(1))(ListAudit(person=person("ada", role="admin"), cursor=cursor), CALL)
    assert refused.value.code == "invalid"


async def test_the_trail_is_for_admins() -> None:
    with pytest.raises(DomainError) as refused:
        await ListAuditForAdmin(trail(1))(ListAudit(person=person("ana")), CALL)
    assert refused.value.code == "forbidden"
