"""Platforms that fail, all at once and in every way: the short form of the chaos table's row."""

from tests.chaos.providers import Pulse, fall_ill
from tests.chaos.sick import sick_platforms
from tests.e2e.parley import Parley


async def test_a_sick_platform_holds_back_its_own_messages_alone(parley: Parley) -> None:
    others = Pulse(parley)
    async with sick_platforms(parley) as platforms, others.beating(pause=0.3):
        found = await fall_ill(parley, platforms)
    wrong = [said for one in found for said in one.wrong()]
    assert not wrong, "; ".join(wrong)
    # A slow platform takes 10 s for each of its messages: nobody else waited for one of them.
    assert max(others.seconds) < 10.0
