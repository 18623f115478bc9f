"""Partitions are dealt out so that every replica comes to the same result by itself."""

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.topology import partition_names
from libs.runtime.membership import deal

MEMBERS = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=20, unique=True)
NAMES = partition_names("p")


@given(MEMBERS)
def test_every_partition_has_exactly_one_owner(members: list[str]):
    hands = [deal(NAMES, members, member) for member in members]
    assert sorted(name for hand in hands for name in hand) == NAMES


@given(MEMBERS)
def test_hands_differ_by_one_at_most(members: list[str]):
    sizes = [len(deal(NAMES, members, member)) for member in members]
    assert max(sizes) - min(sizes) <= 1


@given(MEMBERS, st.randoms())
def test_the_order_in_which_members_are_known_does_not_matter(members: list[str], random: object):
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for member in members:
        assert deal(NAMES, members, member) == deal(list(reversed(NAMES)), shuffled, member)


def test_who_is_no_member_gets_nothing():
    assert deal(NAMES, ["a", "b"], "c") == set()
