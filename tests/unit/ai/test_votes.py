"""Votes: what they do to phrasings, to documents, and how they are taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ai.domain.documents import Document, DocumentKey, Phrasing, PhrasingState
from services.ai.domain.learning import Proposal
from services.ai.domain.passages import Score
from services.ai.domain.votes import Tally, Vote, tallies, total
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.learn_from_feedback import LearnFromEnding, LearnFromFeedback
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing
from services.ai.use_cases.look_at_learning import LookAtLearning
from services.ai.use_cases.unlearn import Unlearn
from services.ai.use_cases.weighed_knowledge import WeighedKnowledge
from tests.unit.ai.conversations import BASE, known
from tests.unit.ai.in_memory import InMemoryDocuments
from tests.unit.ai.learning_fakes import InMemoryProposals, InMemoryVotes

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ASKED = "how much is the postage for a kettle"
ALIKE = "What's the postage for that kettle, how much?"
KEY = DocumentKey(BASE, "shipping")


def vote(
    name: str, value: int, question: str = ASKED, conversation: str = "c-1", document: str = "shipping"
) -> Vote:
    return Vote(name, BASE, conversation, (document,), value, question, NOW)


def proposal(name: str, **parts: object) -> Proposal:
    fields = {
        "account_id": "acme",
        "chatbot_id": "bot",
        "conversation_id": "c-1",
        "question": ASKED,
        "language": "en",
        "at": NOW,
    }
    return Proposal(name, **(fields | parts))  # type: ignore[arg-type]


async def learnt(state: PhrasingState = "learnt") -> tuple[InMemoryVotes, InMemoryDocuments, CastVote]:
    votes, documents = InMemoryVotes(), InMemoryDocuments()
    phrasings = (Phrasing(ASKED, "", state), Phrasing("do you send parcels to Oslo"))
    await documents.save(Document("shipping", *BASE, "Shipping", "4.90", "public", "en", 0, False, phrasings))
    return votes, documents, CastVote(votes, documents)


async def states(documents: InMemoryDocuments) -> list[str]:
    stored = await documents.get(KEY)
    assert stored is not None
    return [one.state for one in stored.phrasings]


async def test_rejections_take_a_phrasing_out_of_use_and_approvals_bring_it_back() -> None:
    _, documents, cast = await learnt()
    await cast(vote("approved", 1))
    assert await states(documents) == ["learnt", "learnt"]
    for _ in range(2):
        await cast(vote("rejected", -1, ALIKE))
    assert await states(documents) == ["waiting", "learnt"]
    await cast(vote("again", 1, ALIKE))
    assert await states(documents) == ["learnt", "learnt"]
    await cast(vote("more", -1, ALIKE))
    await cast(vote("more", 0, ALIKE))
    assert await states(documents) == ["learnt", "learnt"]


@pytest.mark.parametrize("state", ["approved", "revoked"])
async def test_what_a_person_decided_stays(state: PhrasingState) -> None:
    _, documents, cast = await learnt(state)
    for name in ("a", "b"):
        await cast(vote(name, -1))
    await cast(vote("c", 1))
    assert await states(documents) == [state, "learnt"]


async def test_a_vote_without_a_question_or_on_a_document_without_phrasings_changes_no_document() -> None:
    votes, documents, cast = await learnt()
    await cast(vote("a", -1, ""))
    await cast(vote("b", -1, document="gone"))
    assert (await states(documents), len(votes.rows)) == (["learnt", "learnt"], 2)


async def test_a_document_that_answers_were_rejected_from_is_less_sure_and_may_come_later() -> None:
    knowledge, votes, clock = await known(), InMemoryVotes(), [0.0]
    weighed = WeighedKnowledge(knowledge, votes, lambda: clock[0])
    question = "shop Sundays Norway"
    plain = await weighed.search(BASE, question, 5)
    assert len(plain) > 1
    first = plain[0]
    for at in range(12):
        await votes.put(vote(f"v{at}", -1, conversation=f"c{at}", document=first.document_id))
    assert await weighed.search(BASE, question, 5) == plain, "votes need not count at once"
    clock[0] = 31.0
    after = await weighed.search(BASE, question, 5)
    mine = next(one for one in after if one.chunk_id == first.chunk_id)
    assert mine.score.confidence < first.score.confidence
    assert after == sorted(after, key=lambda one: -one.score.confidence)
    votes.is_down = True
    clock[0] = 62.0
    assert await weighed.search(BASE, question, 5) == after
    assert await weighed.search(BASE, "zebra", 5) == []


async def test_a_document_that_answers_were_approved_from_is_surer() -> None:
    knowledge, votes = await known(), InMemoryVotes()
    plain = await knowledge.search(BASE, "glass lids", 5)
    for at in range(20):
        await votes.put(vote(f"v{at}", 1, conversation=f"c{at}", document="lids"))
    after = await WeighedKnowledge(knowledge, votes, lambda: 0.0).search(BASE, "glass lids", 5)
    assert after[0].score.confidence > plain[0].score.confidence
    assert [one.chunk_id for one in after] == [one.chunk_id for one in plain]


async def test_the_votes_of_many_knowledge_bases_are_not_kept_for_ever() -> None:
    knowledge, votes = await known(), InMemoryVotes()
    weighed = WeighedKnowledge(knowledge, votes, lambda: 0.0)
    for number in range(1_001):
        weighed._known[BASE._replace(chatbot_id=f"b{number}")] = (0.0, {})
    await weighed.search(BASE, "glass lids", 5)
    assert len(weighed._known) <= 1_001
    assert BASE in weighed._known


def test_a_conversation_counts_once_and_votes_move_the_odds_so_far() -> None:
    votes = [vote(f"v{at}", -1) for at in range(50)] + [vote("w", 1, conversation="c-2")]
    assert tallies(votes) == {"shipping": Tally(1, 1)}
    assert total(votes) == Tally(1, 50)
    assert (Tally().odds, Tally(0, 1_000).odds, Tally(1_000, 0).odds) == (1.0, 0.4, 1.25)
    assert Score(5, 5).confidence > Score(5, 5, odds=0.4).confidence > 0
    assert Score(0, 5, odds=0.4).confidence == 0


async def test_feedback_is_a_vote_on_the_answer_that_quoted_the_same_documents() -> None:
    votes, documents, cast = await learnt()
    proposals = InMemoryProposals()
    await proposals.put(proposal("old", outcome="answered", sent="4.90", documents=("shipping",)))
    await proposals.put(proposal("never sent", at=NOW + timedelta(1), documents=("shipping",)))
    give = LearnFromFeedback(proposals, cast, lambda: NOW)
    await give(BASE, "c-1", "m-1", -1, ["shipping", "shipping"])
    assert (proposals.rows["old"].disliked, await states(documents)) == (True, ["waiting", "learnt"])
    await give(BASE, "c-1", "m-1", 1, ["shipping"])
    assert (proposals.rows["old"].disliked, total(votes.rows.values())) == (False, Tally(1, 0))
    await give(BASE, "c-1", "m-1", 0, ["shipping"])
    await give(BASE, "c-1", "m-2", 1, [])
    assert votes.rows == {}
    await give(BASE, "c-9", "m-3", -1, ["shipping"])
    assert next(iter(votes.rows.values())).question == ""


async def test_endings_are_told_apart_and_counted_by_conversation() -> None:
    proposals, votes = InMemoryProposals(), InMemoryVotes()
    end = LearnFromEnding(proposals)
    for name in ("a", "b", "c", "d"):
        await proposals.put(proposal(name, conversation_id=name, outcome="answered", sent="x"))
    await proposals.put(proposal("late", conversation_id="d", at=NOW + timedelta(9), outcome="rejected"))
    await end("acme", "a", "confirmed", NOW, 5)
    await end("acme", "a", "assumed", NOW, 6)
    await end("acme", "b", "reopened", NOW, 8)
    await end("acme", "b", "assumed", NOW, 7)
    await end("acme", "c", "assumed", NOW, 7)
    await end("other", "d", "assumed", NOW, 7)
    await votes.put(vote("v", 1))
    seen = await LookAtLearning(proposals, votes, lambda: NOW + timedelta(10))(BASE)
    assert seen.endings == {"confirmed": 1, "reopened": 1, "assumed": 1, "": 1}
    assert seen.outcomes == {"answered": 4, "rejected": 1}
    assert (seen.in_favour, seen.against) == (1, 0)


async def test_votes_of_an_erased_person_are_deleted() -> None:
    votes, documents, cast = await learnt()
    await cast(vote("v", 1))
    await Unlearn(InMemoryProposals(), votes, ForgetPhrasing(documents))("acme", ["c-1"])
    assert votes.rows == {}


async def test_what_is_learnt_can_be_made_to_wait_for_a_person() -> None:
    _, documents, _ = await learnt()
    await LearnPhrasing(documents, reviewed=True)(KEY, Phrasing("is delivery insured"))
    assert await states(documents) == ["learnt", "learnt", "waiting"]
