"""No id is as long: a ticket's room of such a name is not there, and nobody is asked for it."""

from datetime import timedelta
from typing import Any, cast

import pytest

from libs.contracts.errors import DomainError
from libs.runtime.clock import now
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.topics import LONGEST_ID, read_topic
from services.gateway.use_cases.follow_ticket import FollowTicket
from tests.unit.gateway.samples import ANA


async def test_a_ticket_of_an_endless_name_is_not_there() -> None:
    caller = PersonCaller(ANA, now() + timedelta(minutes=1))
    nobody = cast("Any", None)
    room = FollowTicket(nobody, nobody, caller, "a" * (LONGEST_ID + 1), nobody)
    with pytest.raises(DomainError, match="no such ticket"):
        await room.start(None)


def test_a_topic_of_an_endless_name_is_none() -> None:
    assert read_topic("chat:" + "a" * LONGEST_ID).kind == "session"
    with pytest.raises(DomainError):
        read_topic("chat:" + "a" * (LONGEST_ID + 1))
