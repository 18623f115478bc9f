"""What every ledger must do, in memory and in MongoDB alike: subclasses give the `ledger` fixture."""

import asyncio
from dataclasses import replace
from typing import Any

from services.delivery.domain.reply import LEASE, Claim, ReplyState
from services.delivery.domain.verdict import Postponed, Released
from services.delivery.use_cases.ports import Ledger, Place
from tests.unit.delivery.build import START, claim, new_conversation, outcome_of, reply, seconds

SENT = Released(ReplyState.SENT, ("1",))
LATER = START + seconds(3600)


async def due_ids(ledger: Ledger, moment: Any = LATER, but_not: tuple[str, ...] = ()) -> list[str]:
    return [row.message_id for row in await ledger.due(moment, but_not=but_not, limit=100)]


class LedgerSuite:
    async def test_a_row_with_nothing_before_it_is_claimed_at_once(self, ledger: Ledger):
        row, mine = reply(), claim()
        added = await ledger.add(row, mine)
        assert added.place is Place.CLAIMED
        assert (added.reply.state, added.reply.attempts, added.reply.claim_id) == ("sending", 1, mine.id)
        assert added.reply.lapses_at == mine.until
        assert await due_ids(ledger, START) == []

    async def test_a_row_without_a_claim_waits_at_the_head(self, ledger: Ledger):
        row = reply()
        assert (await ledger.add(row, None)).place is Place.HEAD
        assert await ledger.due(START, but_not=(), limit=10) == [row]

    async def test_a_row_behind_another_is_neither_claimed_nor_due(self, ledger: Ledger):
        conversation = new_conversation()
        first, second = reply(conversation), reply(conversation, sequence=2)
        await ledger.add(first, None)
        assert (await ledger.add(second, claim())).place is Place.BEHIND
        assert await due_ids(ledger) == [first.message_id]
        assert await ledger.claim(second.message_id, claim(), LATER) is None

    async def test_a_known_message_is_not_added_again(self, ledger: Ledger):
        conversation = new_conversation()
        first, second = reply(conversation), reply(conversation, sequence=2)
        await ledger.add(first, None)
        await ledger.add(second, None)
        for row in (first, second):
            assert (await ledger.add(row, claim())).place is Place.KNOWN
        mine = claim()
        claimed = await ledger.claim(first.message_id, mine, START)
        assert claimed is not None
        await ledger.release(claimed, SENT, outcome_of(claimed, SENT), moment=START, following=None)
        assert (await ledger.add(first, claim())).place is Place.KNOWN
        assert await due_ids(ledger) == [second.message_id]

    async def test_adding_again_with_the_same_claim_finds_it(self, ledger: Ledger):
        row, mine = reply(), claim()
        await ledger.add(row, mine)
        again = await ledger.add(row, mine)
        assert (again.place, again.reply.attempts) == (Place.CLAIMED, 1)

    async def test_only_one_of_many_claims_succeeds(self, ledger: Ledger):
        row = reply()
        await ledger.add(row, None)
        results = await asyncio.gather(*(ledger.claim(row.message_id, claim(), START) for _ in range(8)))
        assert len([one for one in results if one is not None]) == 1

    async def test_a_claim_can_be_repeated(self, ledger: Ledger):
        row, mine = reply(), claim()
        await ledger.add(row, None)
        first = await ledger.claim(row.message_id, mine, START)
        assert await ledger.claim(row.message_id, mine, START) == first
        assert first is not None
        assert first.attempts == 1

    async def test_a_row_is_not_claimed_before_its_time(self, ledger: Ledger):
        row = replace(reply(), next_attempt_at=START + seconds(5))
        await ledger.add(row, None)
        assert await due_ids(ledger, START) == []
        assert await ledger.claim(row.message_id, claim(), START) is None

    async def test_connections_can_be_left_out(self, ledger: Ledger):
        one, other = reply(connection_id="conn-1"), reply(connection_id="conn-2")
        await ledger.add(one, None)
        await ledger.add(other, None)
        assert await due_ids(ledger, but_not=("conn-1",)) == [other.message_id]

    async def test_the_longest_due_come_first_up_to_the_limit(self, ledger: Ledger):
        rows = [replace(reply(), next_attempt_at=START + seconds(number)) for number in (3, 1, 2)]
        for row in rows:
            await ledger.add(row, None)
        found = await ledger.due(LATER, but_not=(), limit=2)
        assert [row.message_id for row in found] == [rows[1].message_id, rows[2].message_id]

    async def test_releasing_makes_the_next_row_the_head(self, ledger: Ledger):
        conversation = new_conversation()
        rows = [reply(conversation, sequence=number) for number in (1, 2, 3)]
        mine = claim()
        first = (await ledger.add(rows[0], mine)).reply
        for row in rows[1:]:
            await ledger.add(row, None)
        moment = START + seconds(1)
        release = await ledger.release(first, SENT, outcome_of(first, SENT), moment=moment, following=None)
        assert release.recorded
        assert release.following is not None
        assert (release.following.message_id, release.following.state) == (rows[1].message_id, "pending")
        assert await due_ids(ledger, moment) == [rows[1].message_id]

    async def test_the_next_row_can_be_claimed_on_the_way(self, ledger: Ledger):
        conversation = new_conversation()
        first = (await ledger.add(reply(conversation), claim())).reply
        second = reply(conversation, sequence=2)
        await ledger.add(second, None)
        following = Claim("next", START + LEASE)
        event = outcome_of(first, SENT)
        release = await ledger.release(first, SENT, event, moment=START, following=following)
        assert release.following is not None
        assert (release.following.state, release.following.attempts) == ("sending", 1)
        again = await ledger.release(first, SENT, event, moment=START, following=following)
        assert again == release

    async def test_a_new_row_behind_a_released_one_is_the_head(self, ledger: Ledger):
        conversation = new_conversation()
        first = (await ledger.add(reply(conversation), claim())).reply
        await ledger.release(first, SENT, outcome_of(first, SENT), moment=START, following=None)
        assert (await ledger.add(reply(conversation, sequence=2), claim())).place is Place.CLAIMED

    async def test_a_postponed_row_stays_the_head(self, ledger: Ledger):
        conversation = new_conversation()
        first = (await ledger.add(reply(conversation), claim())).reply
        await ledger.add(reply(conversation, sequence=2), None)
        verdict = Postponed(START + seconds(5), 1, "platform_error")
        assert await ledger.postpone(replace(first, provider_ids=("7",)), verdict)
        assert await due_ids(ledger, START) == []
        found = await ledger.due(START + seconds(5), but_not=(), limit=10)
        assert [(row.message_id, row.attempts, row.error) for row in found] == [
            (first.message_id, 1, "platform_error")
        ]
        assert found[0].provider_ids == ("7",)

    async def test_progress_renews_the_claim_and_keeps_the_parts(self, ledger: Ledger):
        row = (await ledger.add(reply(), claim())).reply
        assert row.claim_id is not None
        renewed = Claim(row.claim_id, START + seconds(60))
        assert await ledger.progress(row, ("1", "2"), renewed)
        assert await due_ids(ledger, START + seconds(59)) == []
        lapsed = await ledger.due(START + seconds(60), but_not=(), limit=10)
        assert [(one.state, one.provider_ids) for one in lapsed] == [("sending", ("1", "2"))]

    async def test_who_lost_the_claim_records_nothing(self, ledger: Ledger):
        row = (await ledger.add(reply(), claim())).reply
        given_up = Released(ReplyState.UNKNOWN, (), "outcome_unknown", "interrupted")
        moment = START + LEASE
        assert (
            await ledger.release(row, given_up, outcome_of(row, given_up), moment=moment, following=None)
        ).recorded
        assert not await ledger.progress(row, ("1",), claim())
        assert not await ledger.postpone(row, Postponed(moment, 1, "late"))
        late = await ledger.release(row, SENT, outcome_of(row, SENT), moment=moment, following=None)
        assert not late.recorded

    async def test_a_renewed_claim_cannot_be_given_up_by_who_saw_it_lapse(self, ledger: Ledger):
        row = (await ledger.add(reply(), claim())).reply
        assert row.claim_id is not None
        seen = (await ledger.due(START + LEASE, but_not=(), limit=1))[0]
        await ledger.progress(row, ("1",), Claim(row.claim_id, START + LEASE + LEASE))
        given_up = Released(ReplyState.UNKNOWN)
        event = outcome_of(seen, given_up)
        assert not (
            await ledger.release(seen, given_up, event, moment=START + LEASE, following=None)
        ).recorded

    async def test_rows_added_while_the_head_is_released_are_never_left_behind(self, ledger: Ledger):
        conversation = new_conversation()
        current = (await ledger.add(reply(conversation, sequence=1), claim())).reply
        seen = [current.message_id]
        for number in range(2, 22):
            following = claim()
            release, added = await asyncio.gather(
                ledger.release(current, SENT, outcome_of(current, SENT), moment=START, following=following),
                ledger.add(reply(conversation, sequence=number), claim()),
            )
            if added.place is Place.CLAIMED:
                current = added.reply
            else:
                assert added.place is Place.BEHIND
                assert release.following is not None
                current = release.following
            seen.append(current.message_id)
        assert len(set(seen)) == 21

    async def test_a_released_row_is_taken_again_as_the_last_and_goes_on_after_its_parts(
        self, ledger: Ledger
    ):
        conversation = new_conversation()
        first, second = reply(conversation), reply(conversation, sequence=2)
        failed = Released(ReplyState.FAILED, ("1",), "blocked")
        held = (await ledger.add(first, claim())).reply
        await ledger.add(second, None)
        await ledger.release(held, failed, outcome_of(held, failed), moment=START, following=None)
        again = await ledger.add_again(replace(first, line_no=5))
        assert (again.place, again.reply.provider_ids, again.reply.attempts) == (Place.BEHIND, ("1",), 0)
        assert await due_ids(ledger) == [second.message_id]
        mine = await ledger.claim(second.message_id, claim(), LATER)
        assert mine is not None
        await ledger.release(mine, SENT, outcome_of(mine, SENT), moment=START, following=None)
        assert await due_ids(ledger) == [first.message_id]

    async def test_taking_again_twice_or_late_or_while_it_waits_changes_nothing(self, ledger: Ledger):
        row = reply()
        await ledger.add(row, None)
        assert (await ledger.add_again(replace(row, line_no=5))).place is Place.KNOWN
        held = await ledger.claim(row.message_id, claim(), START)
        assert held is not None
        failed = Released(ReplyState.FAILED, (), "blocked")
        await ledger.release(held, failed, outcome_of(held, failed), moment=START, following=None)
        again = replace(row, line_no=5)
        assert (await ledger.add_again(row)).place is Place.KNOWN
        assert (await ledger.add_again(again)).place is Place.HEAD
        assert (await ledger.add_again(again)).place is Place.KNOWN
        held = await ledger.claim(row.message_id, claim(), LATER)
        assert held is not None
        await ledger.release(held, SENT, outcome_of(held, SENT), moment=LATER, following=None)
        assert (await ledger.add_again(again)).place is Place.KNOWN
        assert await due_ids(ledger) == []

    async def test_a_row_that_sets_a_status_keeps_it_and_lets_the_next_go_on(self, ledger: Ledger):
        conversation = new_conversation()
        opens = replace(reply(conversation), status_there="open")
        held = (await ledger.add(opens, claim())).reply
        assert held.status_there == "open"
        behind = reply(conversation, sequence=2)
        await ledger.add(behind, None)
        done = Released(ReplyState.SENT)
        released = await ledger.release(held, done, outcome_of(held, done), moment=START, following=None)
        assert released.recorded
        assert await due_ids(ledger) == [behind.message_id]

    async def test_one_that_is_forgotten_is_taken_again_too(self, ledger: Ledger):
        assert (await ledger.add_again(reply())).place is Place.HEAD
