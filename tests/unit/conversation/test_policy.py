"""Who may do what: every kind of caller, every action."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.access import may_see
from libs.contracts.base import SYSTEM, Actor
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, HandoffReason, Role
from services.conversation.domain.policy import (
    ORGANISING,
    SCHEDULE,
    Action,
    actor_of,
    available_actions,
    may_know,
    require,
    require_admin,
    require_team,
    visibility_of,
)
from services.conversation.domain.status_machine import StatusCommand
from tests.unit.conversation.making import ADMIN, AI, CONTACT, agent, conversation, moment, person

HERE, ELSEWHERE = agent("ana", "IT"), agent("eve", "HR")
REQUESTER = Actor(kind=ActorKind.USER, id="uma", role=Role.USER)
STRANGER = Actor(kind=ActorKind.USER, id="sam", role=Role.USER)
OTHER_CONTACT = Actor(kind=ActorKind.CONTACT, id="78")
KEY = Actor(kind=ActorKind.API_KEY, id="key")
ROLELESS = Actor(kind=ActorKind.AGENT, id="nobody")

ALLOWED = {
    Action.READ: [HERE, ADMIN, REQUESTER, KEY],
    Action.REPLY: [HERE, ADMIN, KEY],
    Action.ANSWER: [AI],
    Action.HAND_OFF: [HERE, ADMIN, AI, SYSTEM, KEY],
    Action.CHANGE_STATUS: [HERE, ADMIN, KEY],
    Action.RESOLVE: [HERE, ADMIN, REQUESTER, KEY],
    Action.ASSIGN: [HERE, ADMIN, KEY],
    Action.ORGANISE: [HERE, ADMIN, KEY],
    Action.ACKNOWLEDGE: [CONTACT, REQUESTER],
    Action.WRITE_TICKET: [HERE, ADMIN, REQUESTER],
    Action.GIVE_FEEDBACK: [HERE, ADMIN, REQUESTER],
    Action.SUGGEST: [HERE, ADMIN, KEY],
    Action.EXPIRE: [SYSTEM],
    Action.RELEASE: [SYSTEM],
    Action.RECORD_FILES: [SYSTEM],
}
KNOWING = [HERE, ADMIN, REQUESTER, AI, SYSTEM, CONTACT, KEY]
STRANGERS = [ELSEWHERE, STRANGER, OTHER_CONTACT, ROLELESS]


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("actor", KNOWING + STRANGERS, ids=lambda actor: f"{actor.kind}-{actor.id}")
def test_what_one_may_not_know_does_not_exist_and_the_rest_is_forbidden(action: Action, actor: Actor) -> None:
    one = conversation(department="IT", requester_id="uma")
    if actor in ALLOWED[action]:
        require(one, actor, action)
        return
    with pytest.raises(DomainError) as refused:
        require(one, actor, action)
    assert refused.value.code == ("forbidden" if actor in KNOWING else "not_found")
    assert may_know(one, actor) is (actor in KNOWING)


def test_a_contact_is_known_by_id_and_by_alias() -> None:
    one = conversation()
    assert may_know(one, Actor(kind=ActorKind.CONTACT, id="contact-1"))
    assert may_know(one, Actor(kind=ActorKind.CONTACT, id="77"))


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [(SYSTEM, True), (ADMIN, True), (HERE, False), (AI, False), (REQUESTER, False), (KEY, True)],
)
def test_the_account_is_run_by_its_admins(actor: Actor, allowed: bool) -> None:
    if allowed:
        require_admin(actor)
    else:
        with pytest.raises(DomainError) as refused:
            require_admin(actor)
        assert refused.value.code == "forbidden"


@given(
    role=st.sampled_from([None, *Role]),
    kind=st.sampled_from([ActorKind.AGENT, ActorKind.USER]),
    departments=st.sets(st.sampled_from(["IT", "HR", "Ops"])),
    department=st.sampled_from([None, "IT", "HR", "Ops"]),
    assignee=st.sampled_from([None, "ana", "ben"]),
)
def test_lists_show_exactly_what_one_may_see(
    role: Role | None,
    kind: ActorKind,
    departments: set[str],
    department: str | None,
    assignee: str | None,
) -> None:
    actor = Actor(kind=kind, id="ana", role=role, departments=tuple(departments))
    seen = visibility_of(actor)
    expected = kind is ActorKind.AGENT and may_see(
        role=role or "",
        person_id="ana",
        departments=departments,
        department=department,
        assignee_id=assignee,
    )
    assert seen.allows(department, assignee) is expected
    assert not (seen.nothing and expected)


def test_a_person_acts_by_their_role_within_their_account() -> None:
    known = actor_of(person("ana", "IT"), "acme")
    assert (known.kind, known.role, known.departments) == (ActorKind.AGENT, Role.AGENT, ("IT",))
    assert actor_of(person("ada", role="admin"), "acme").role is Role.ADMIN
    assert actor_of(person("uma", role="user"), "acme").kind is ActorKind.USER
    assert actor_of(person("eve", role="owner"), "acme").role is None
    nameless = person("ana").model_copy(update={"name": ""})
    assert actor_of(nameless, "acme").name == "ana@acme.test"
    with pytest.raises(DomainError) as refused:
        actor_of(person("ana"), "other")
    assert refused.value.code == "not_found"


def test_an_api_key_sees_its_account_and_is_nobody_of_it() -> None:
    asked = actor_of(person("key-1", role="api_key"), "acme")
    assert (asked.kind, asked.role, asked.departments) == (ActorKind.API_KEY, None, ())
    assert visibility_of(asked).everything
    one = conversation(department="IT", requester_id="uma")
    one.hand_off(SYSTEM, moment(1), reason=HandoffReason.RULE)
    # A ticket is resolved by its requester and closed by its agent: no key is either.
    assert available_actions(one, asked) == (
        "post_reply",
        "return_to_ai",
        "archive",
        "assign",
        "transfer",
        *ORGANISING,
        "snooze",
        SCHEDULE,
    )
    require_team(asked)


def test_actions_are_those_that_would_be_carried_out_now() -> None:
    one = conversation(department="IT")
    assert available_actions(one, HERE) == (
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
    one.hand_off(HERE, moment(1), reason=HandoffReason.REQUESTED_BY_AGENT)
    assert available_actions(one, HERE) == (
        "post_reply",
        "return_to_ai",
        "resolve",
        "close",
        "archive",
        "assign",
        "transfer",
        *ORGANISING,
        "snooze",
        SCHEDULE,
    )
    one.change_status(StatusCommand.CLOSE, HERE, moment(2))
    assert available_actions(one, HERE) == ("reopen", "archive", *ORGANISING)
    one.change_status(StatusCommand.ARCHIVE, HERE, moment(3))
    assert available_actions(one, HERE) == ("unarchive", *ORGANISING)


def test_a_requester_can_resolve_their_ticket_and_nothing_else() -> None:
    one = conversation(department="IT", requester_id="uma")
    one.hand_off(SYSTEM, moment(1), reason=HandoffReason.RULE)
    assert available_actions(one, REQUESTER) == ("resolve",)


@pytest.mark.parametrize("actor", [AI, SYSTEM, ELSEWHERE])
def test_others_are_offered_nothing(actor: Actor) -> None:
    one = conversation(department="IT", requester_id="uma")
    one.hand_off(SYSTEM, moment(1), reason=HandoffReason.RULE)
    assert available_actions(one, actor) == ()


def test_nothing_is_offered_to_whom_the_conversation_does_not_exist() -> None:
    assert available_actions(conversation(department="HR"), agent("ana", "IT")) == ()
