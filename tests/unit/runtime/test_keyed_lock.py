"""One holder a key, first come first served, whoever gives up in between."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.runtime.keyed_lock import KeyedLock


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans()), max_size=25))
def test_each_key_is_served_in_the_order_of_asking(asks: list[tuple[str, int, bool]]):
    """Each ask holds for some turns of the loop; some are cancelled before their turn."""

    async def scenario() -> None:
        locks, served, holders = KeyedLock(), [], dict.fromkeys("abc", 0)

        async def ask(place: int, key: str, turns: int) -> None:
            async with locks.holding(key):
                holders[key] += 1
                assert holders[key] == 1
                try:
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    served.append(place)
                finally:
                    holders[key] -= 1

        tasks = [asyncio.create_task(ask(place, key, turns)) for place, (key, turns, _) in enumerate(asks)]
        await asyncio.sleep(0)
        waiting = [task for task, (_, _, gives_up) in zip(tasks, asks, strict=True) if gives_up]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for key in "abc":
            places = [place for place in served if asks[place][0] == key]
            assert places == sorted(places)
        assert {place for place, (_, _, gives_up) in enumerate(asks) if not gives_up} <= set(served)
        assert len(locks) == 0

    asyncio.run(scenario())


async def test_other_keys_go_on():
    locks = KeyedLock()
    async with locks.holding("a"), asyncio.timeout(1), locks.holding("b"):
        assert len(locks) == 2
    assert len(locks) == 0
