"""Messages that only these tests know."""

from typing import Any

from libs.contracts.base import SYSTEM, Command, Query
from libs.contracts.envelope import Envelope, wrap
from libs.runtime.clock import now
from libs.runtime.ids import new_id


class Step(Command, type="test.step.v1"):
    """The nth message of a key."""

    key: str
    number: int


class Ask(Query, type="test.ask.v1"):
    """A question that says which answer it wants."""

    want: str = "fine"


def step(key: str = "k", number: int = 0, **more: Any) -> Envelope:
    """A step in its envelope."""
    return wrap(
        Step(actor=SYSTEM, key=key, number=number),
        id=more.pop("id", None) or new_id(),
        source="test",
        time=now(),
        accountid="acc",
        subject=key,
        **more,
    )
