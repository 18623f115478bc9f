"""Whose socket gets which frame."""

import pytest

from libs.contracts.conversation import Person
from libs.contracts.frames import Audience, Frame
from services.gateway.use_cases.follower import sight_of_person


def frame(audience: Audience, account_id: str = "acc") -> Frame:
    return Frame(
        scope="account",
        account_id=account_id,
        conversation_id="c-0001",
        connection_id="con",
        topic="account:acc",
        type="conversation:transferred",
        audience=audience,
    )


def agent(*departments: str) -> Person:
    return Person(
        id="ana", account_id="acc", email="a@acc.test", name="Ana", role="agent", departments=departments
    )


@pytest.mark.parametrize(
    ("audience", "sees"),
    [
        (Audience(department="HR"), False),
        (Audience(department="HR", left=True, left_department="IT"), True),
        (Audience(department="HR", left=True, left_department="Law", left_assignee_id="ana"), True),
        (Audience(department="HR", left=True, left_department="Law"), False),
        (Audience(department="IT"), True),
    ],
)
def test_an_agent_hears_of_what_they_may_see_and_of_what_leaves_them(audience: Audience, sees: bool) -> None:
    assert sight_of_person(agent("IT"))(frame(audience)) is sees


def test_nothing_of_another_account() -> None:
    assert not sight_of_person(agent("IT"))(frame(Audience(department="IT"), "other"))
