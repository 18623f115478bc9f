"""The line, whatever platforms answer and whenever anybody looks: each message once to its end, in order."""

import asyncio
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.retry_schedule import MAX_ATTEMPTS
from tests.unit.delivery.build import connection, new_conversation
from tests.unit.delivery.fakes import OPEN
from tests.unit.delivery.stage import Stage

OUTCOMES = st.sampled_from(
    [
        Sent(("id",)),
        Retry("platform_error"),
        Retry("rate_limited", 7.0, rate_limited=True),
        Retry("pair_rate_limited", 6.0, this_alone=True),
        Refused("blocked"),
        Unclear("lost"),
        NotTried("away", 1.0),
    ]
)
#: A message in one of three conversations, the first two on one connection; or seconds that pass.
STEPS = st.lists(st.integers(0, 2) | st.sampled_from([0.1, 1.0, 5.0, 20.0]), max_size=25)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, outcomes=st.lists(OUTCOMES, max_size=40))
def test_each_message_comes_to_its_end_in_the_order_of_its_line(
    steps: list[int | float], outcomes: list[Outcome]
) -> None:
    async def play() -> None:
        stage = Stage(*outcomes, connections=(connection(), connection(id="conn-2")))
        lines = [new_conversation() for _ in range(3)]
        recorded: dict[str, list[str]] = defaultdict(list)
        for number, step in enumerate(steps, 1):
            if isinstance(step, float):
                await stage.look_after(step)
                continue
            where = "conn-2" if step == 2 else "conn-1"
            message = await stage.record(lines[step], sequence=number, connection_id=where)
            recorded[lines[step]].append(message)
            _check(stage, recorded)
        for _ in range(1_000):
            if not any(row.state in OPEN for row in stage.ledger.rows.values()):
                break
            await stage.look_after(30.0)
        _check(stage, recorded)
        assert not any(row.state in OPEN for row in stage.ledger.rows.values())
        assert len(stage.ledger.events) == sum(map(len, recorded.values()))
        assert all(row.attempts <= MAX_ATTEMPTS for row in stage.ledger.rows.values())

    asyncio.run(play())


def _check(stage: Stage, recorded: dict[str, list[str]]) -> None:
    """What was tried of a line is its beginning; nothing is tried before what stands ahead of it is over."""
    for line, messages in recorded.items():
        tried = [row.message_id for row in stage.channel.sent if row.conversation_id == line]
        first_tries = list(dict.fromkeys(tried))
        assert first_tries == messages[: len(first_tries)]
        assert tried == sorted(tried, key=first_tries.index)
