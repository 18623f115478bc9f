"""Errors survive the way to the caller; one rule says who may see a conversation."""

import pytest

from libs.contracts.access import may_see
from libs.contracts.base import Reply
from libs.contracts.errors import (
    DomainError,
    ErrorCode,
    ParleyError,
    PermanentError,
    TransientError,
    error_of,
)


@pytest.mark.parametrize("kind", [DomainError, TransientError, PermanentError])
def test_an_error_is_the_same_on_the_callers_side(kind: type[ParleyError]):
    raised = kind(ErrorCode.CONFLICT, "because", conversation_id="c1", retry_after=2.5)
    reply = Reply.model_validate_json(Reply(fault=raised.fault()).model_dump_json())
    assert reply.fault is not None
    again = error_of(reply.fault)
    assert type(again) is kind
    assert (again.code, again.detail, again.conversation_id, again.retry_after) == (
        "conflict",
        "because",
        "c1",
        2.5,
    )


def test_an_error_reads_as_its_detail():
    assert str(DomainError(ErrorCode.NOT_FOUND, "no such thing")) == "no such thing"


def test_a_fault_of_no_kind_is_a_programming_error():
    broken = DomainError("x", "y").fault().model_copy(update={"kind": "none"})
    with pytest.raises(AssertionError):
        error_of(broken)


@pytest.mark.parametrize(
    ("role", "person", "departments", "department", "assignee", "seen"),
    [
        ("admin", "p", [], "d1", None, True),
        ("agent", "p", [], None, None, True),
        ("agent", "p", ["d1"], "d1", None, True),
        ("agent", "p", ["d2"], "d1", None, False),
        ("agent", "p", ["d2"], "d1", "p", True),
        ("agent", "p", [], "d1", "q", False),
        ("user", "p", ["d1"], None, "p", False),
        ("", "p", ["d1"], None, "p", False),
    ],
)
def test_who_may_see_a_conversation(
    role: str, person: str, departments: list[str], department: str | None, assignee: str | None, seen: bool
):
    assert (
        may_see(
            role=role, person_id=person, departments=departments, department=department, assignee_id=assignee
        )
        is seen
    )
