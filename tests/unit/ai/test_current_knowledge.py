"""What is no longer so is not told, however late the index is."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from libs.contracts.errors import ErrorCode, TransientError
from services.ai.domain.contact_requests import Answer, ContactRequest, Handoff
from services.ai.domain.decisions import Decision
from services.ai.domain.documents import Document
from services.ai.domain.grounding import Thresholds
from services.ai.domain.languages import Language
from services.ai.domain.passages import Passage
from services.ai.domain.questions import Question
from services.ai.use_cases.answer_contact import AnswerContact
from services.ai.use_cases.current_knowledge import CurrentKnowledge
from services.ai.use_cases.extractive_engine import ExtractiveEngine
from services.ai.use_cases.index_documents import IndexDocuments
from tests.unit.ai.conversations import BASE, asked
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge

COST = Document("costs", *BASE, "Costs", "Shipping costs 4.90 euros.", "public", "en")
HOURS = Document("hours", *BASE, "Hours", "On Sundays the shop is closed.", "public", "en")
QUESTION = "What does shipping cost?"


class Replica:
    """An index behind a store that others write to."""

    def __init__(self) -> None:
        self.store, self.index = InMemoryDocuments(), InMemoryKnowledge()
        self.follow = IndexDocuments(self.store, self.index)
        self.runs = 0

    async def filled(self) -> "Replica":
        for one in (COST, HOURS):
            await self.store.save(one)
        await self.follow()
        return self

    async def catch_up(self) -> None:
        self.runs += 1
        await self.follow()

    async def hang(self) -> None:
        self.runs += 1
        await asyncio.Event().wait()

    def knowledge(self, *, hangs: bool = False) -> CurrentKnowledge:
        return CurrentKnowledge(
            self.index, self.store, self.hang if hangs else self.catch_up, seconds=0.01 if hangs else 5.0
        )


async def test_what_is_current_is_found_without_another_look() -> None:
    replica = await Replica().filled()
    (passage,) = await replica.knowledge().search(BASE, "shipping", 5)
    assert (passage.document_id, passage.revision, replica.runs) == ("costs", 1, 0)
    assert await replica.knowledge().search(BASE, "unheard", 5) == []


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize("change", [{"visibility": "internal"}, {"removed": True, "text": ""}])
async def test_what_others_took_away_is_not_found(change: dict[str, object], *, hangs: bool) -> None:
    replica = await Replica().filled()
    await replica.store.save(replace(COST, **change))  # type: ignore[arg-type]
    assert await replica.knowledge(hangs=hangs).search(BASE, "shipping", 5) == []
    assert replica.runs == 1


async def test_a_new_version_is_found_in_place_of_the_old() -> None:
    replica = await Replica().filled()
    await replica.store.save(replace(COST, text="Shipping costs 6 euros."))
    (passage,) = await replica.knowledge().search(BASE, "shipping", 5)
    assert passage.text == "Shipping costs 6 euros."


async def test_an_agent_finds_what_has_become_internal() -> None:
    replica = await Replica().filled()
    await replica.store.save(replace(COST, visibility="internal"))
    (passage,) = await replica.knowledge().search(BASE, "shipping", 5, "agent")
    assert passage.visibility == "internal"


async def test_many_who_wait_share_one_run() -> None:
    replica = await Replica().filled()
    await replica.store.save(replace(COST, removed=True))
    knowledge = replica.knowledge(hangs=True)
    async with asyncio.timeout(5):
        found = await asyncio.gather(*(knowledge.search(BASE, "shipping", 5) for _ in range(20)))
    assert (found, replica.runs) == ([[]] * 20, 1)


async def test_a_run_that_fails_leaves_what_may_be_told() -> None:
    replica = await Replica().filled()
    await replica.store.save(replace(COST, removed=True))

    async def fail() -> None:
        raise TransientError(ErrorCode.UNAVAILABLE, "away")

    knowledge = CurrentKnowledge(replica.index, replica.store, fail)
    assert [one.document_id for one in await knowledge.search(BASE, "shipping closed", 5)] == ["hours"]


class Meanwhile:
    """An engine during whose work something happens, the first so many times."""

    reads = False

    def __init__(self, store: InMemoryDocuments, times: int, **change: object) -> None:
        self.store, self.times, self.change = store, times, change
        self.asked = 0

    async def decide(
        self,
        request: ContactRequest,
        question: Question,
        shown: Mapping[str, Passage],
        language: Language,
    ) -> Decision:
        self.asked += 1
        if self.asked <= self.times:
            await self.store.save(replace(COST, **self.change))  # type: ignore[arg-type]
        return await ExtractiveEngine(Thresholds()).decide(request, question, shown, language)


async def bot(times: int, **change: object) -> AnswerContact:
    replica = await Replica().filled()
    knowledge = replica.knowledge()
    engine = Meanwhile(replica.store, times, **change)
    return AnswerContact(knowledge, Thresholds(), engine, standing=knowledge)


async def test_an_answer_is_made_anew_where_its_document_changed_meanwhile() -> None:
    answer = await (await bot(1, text="Shipping costs 6 euros."))(asked(QUESTION))
    assert isinstance(answer, Answer)
    assert answer.text == "Shipping costs 6 euros."


async def test_a_document_taken_away_meanwhile_is_not_told() -> None:
    answer = await (await bot(1, removed=True))(asked(QUESTION))
    assert isinstance(answer, Answer)
    assert (answer.kind, "4.90" in answer.text, answer.citations) == ("not_found", False, ())


async def test_where_it_changes_again_and_again_people_take_over() -> None:
    answer = await (await bot(5, title="Prices"))(asked(QUESTION))
    assert isinstance(answer, Handoff)
    assert answer.reason == "not_covered"
