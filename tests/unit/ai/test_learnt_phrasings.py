"""What was learnt over its commands, queries and events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor, Message
from libs.contracts.conversation import (
    Citation,
    ContactView,
    ConversationClosed,
    ConversationRef,
    ConversationReopened,
    ConversationResolved,
)
from libs.contracts.envelope import wrap
from libs.contracts.erasure import ErasePerson
from libs.contracts.errors import DomainError
from libs.contracts.learning import DecidePhrasing, GetLearning, ListPhrasings
from libs.contracts.suggestions import (
    SuggestionApproved,
    SuggestionEdited,
    SuggestionRejected,
    SuggestionView,
)
from libs.contracts.tickets import FeedbackGiven
from libs.contracts.vocabulary import ActorKind, Channel, Feedback, Status
from libs.runtime.received import Received
from services.ai.domain.documents import Document, Phrasing
from services.ai.entrypoints.learning import Learning
from services.ai.entrypoints.phrasings import Phrasings
from services.ai.use_cases.cast_vote import CastVote
from services.ai.use_cases.decide_phrasing import DecidePhrasing as Decide
from services.ai.use_cases.decide_phrasing import ListPhrasings as Listed
from services.ai.use_cases.index_documents import IndexDocuments
from services.ai.use_cases.learn_from_decision import LearnFromDecision
from services.ai.use_cases.learn_from_feedback import LearnFromEnding, LearnFromFeedback
from services.ai.use_cases.learn_phrasing import ForgetPhrasing, LearnPhrasing
from services.ai.use_cases.look_at_learning import LookAtLearning
from services.ai.use_cases.unlearn import Unlearn
from tests.unit.ai.conversations import BASE
from tests.unit.ai.in_memory import InMemoryDocuments, InMemoryKnowledge
from tests.unit.ai.learning_fakes import InMemoryProposals, InMemoryVotes
from tests.unit.ai.test_votes import ASKED, proposal

NOW = datetime(2026, 11, 28, tzinfo=UTC)
QUOTE = "Shipping costs 4.90 euros."
PERSON = Actor(kind=ActorKind.USER, id="uma")
AGENT = Actor(kind=ActorKind.AGENT, id="ana")
REF = ConversationRef(
    id="c-1",
    account_id="acme",
    chatbot_id="bot",
    chatbot_name="Kit",
    connection_id="w",
    channel=Channel.WIDGET,
    session_id="web:1",
    target="1",
    contact=ContactView(id="p", name="Mia Berg"),
    status=Status.ACTIVE,
    requester_id="uma",
)


class World:
    """The parts together."""

    def __init__(self) -> None:
        self.documents, self.proposals = InMemoryDocuments(), InMemoryProposals()
        self.votes = InMemoryVotes()
        cast = CastVote(self.votes, self.documents)
        now = lambda: NOW  # noqa: E731 - a clock
        self.learning = Learning(
            LearnFromDecision(self.proposals, LearnPhrasing(self.documents), cast, now),
            LearnFromFeedback(self.proposals, cast, now),
            LearnFromEnding(self.proposals),
            Unlearn(self.proposals, self.votes, ForgetPhrasing(self.documents)),
        )
        look = LookAtLearning(self.proposals, self.votes, now)
        self.phrasings = Phrasings(Decide(self.documents), Listed(self.documents), look)

    async def furnish(self, *documents: str) -> None:
        for name in documents:
            document = Document(name, *BASE, name.title(), QUOTE, "public", "en")
            await self.documents.save(document)

    async def call(self, message: Message, sequence: int | None = None) -> Any:
        envelope = wrap(message, id="m", source="test", time=NOW, accountid="acme", sequence=sequence)
        routes = {
            **self.learning.routes(),
            **self.phrasings.commands(),
            **self.phrasings.queries(),
        }
        return await routes[type(message)](Received(envelope, message))


def event(kind: type[Any], actor: Actor = AGENT, **fields: Any) -> Any:
    return kind(actor=actor, occurred_at=NOW, conversation=REF, **fields)


def suggested(name: str, document: str = "shipping") -> SuggestionView:
    return SuggestionView(
        id=name,
        conversation_id="c-1",
        message_id="m-1",
        body=QUOTE,
        confidence=0.9,
        citations=(Citation(document_id=document, chunk_id=f"{document}#0", title="S", quote=QUOTE),),
        created_at=NOW,
    )


async def test_suggestions_teach_and_their_phrasings_are_listed_approved_and_revoked() -> None:
    world = World()
    await world.furnish("shipping", "lids")
    for name in ("a", "e", "r"):
        await world.proposals.put(proposal(name))
    await world.call(event(SuggestionApproved, suggestion=suggested("a")))
    await world.call(event(SuggestionEdited, suggestion=suggested("e"), body=f"Dear Mia, {QUOTE}"))
    await world.call(event(SuggestionRejected, suggestion=suggested("r")))
    assert [one.outcome for one in world.proposals.rows.values()] == ["approved", "edited", "rejected"]
    assert [one.sent for one in world.proposals.rows.values()] == [QUOTE, f"Dear [NAME_1], {QUOTE}", ""]
    page = await world.call(ListPhrasings(chatbot_id="bot"))
    assert [(one.question, one.state, one.document_title) for one in page.items] == [
        (ASKED, "learnt", "Shipping")
    ]
    about = {"chatbot_id": "bot", "document_id": "shipping", "phrasing_id": page.items[0].id}
    for _ in range(2):
        view = await world.call(DecidePhrasing(actor=SYSTEM, state="revoked", **about))
        assert view.state == "revoked"
    knowledge = InMemoryKnowledge()
    await IndexDocuments(world.documents, knowledge)()
    assert await knowledge.search(BASE, "postage kettle", 5) == []
    await world.call(event(SuggestionApproved, suggestion=suggested("a")))
    assert (await world.call(ListPhrasings(chatbot_id="bot", state="learnt"))).items == ()
    view = await world.call(DecidePhrasing(actor=SYSTEM, state="approved", **about))
    assert view.state == "approved"
    for missing in ({**about, "phrasing_id": "x"}, {**about, "document_id": "x"}):
        with pytest.raises(DomainError, match="no such phrasing"):
            await world.call(DecidePhrasing(actor=SYSTEM, state="approved", **missing))
    seen = await world.call(GetLearning(chatbot_id="bot"))
    assert seen.suggestions == {"proposed": 0, "approved": 1, "edited": 1, "rejected": 1}
    assert (seen.answers, seen.in_favour, seen.against) == (0, 2, 1)


async def test_phrasings_are_paged_across_documents() -> None:
    world = World()
    for number in range(3):
        questions = tuple(Phrasing(f"question {number} {at}") for at in range(3))
        document = Document(f"d{number}", *BASE, "D", "t", phrasings=questions)
        await world.documents.save(document)
    seen: list[str] = []
    cursor = None
    while True:
        page = await world.call(ListPhrasings(chatbot_id="bot", cursor=cursor, page_size=2))
        seen += [one.question for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"question {number} {at}" for number in range(3) for at in range(3)]


async def test_endings_and_feedback_reach_the_answers_they_are_about() -> None:
    world = World()
    await world.furnish("shipping")
    await world.proposals.put(proposal("a", sent=QUOTE, documents=("shipping",), outcome="answered"))
    cited = (Citation(document_id="shipping", chunk_id="shipping#0", title="S", quote=QUOTE),)
    down = event(FeedbackGiven, message_id="m-2", feedback=Feedback.DOWN, citations=cited)
    await world.call(down)
    assert world.proposals.rows["a"].disliked
    for kind, actor, sequence, ending in (
        (ConversationResolved, AGENT, 4, "assumed"),
        (ConversationReopened, AGENT, 5, "reopened"),
        (ConversationResolved, PERSON, 6, "confirmed"),
        (ConversationClosed, AGENT, 7, "confirmed"),
    ):
        await world.call(event(kind, actor), sequence)
        assert world.proposals.rows["a"].ending == ending
    seen = await world.call(GetLearning(chatbot_id="bot"))
    assert seen.endings == {"confirmed": 1, "assumed": 0, "reopened": 0, "open": 0}
    command = ErasePerson.model_construct(conversation_ids=("c-1",))
    await world.learning.forget("acme", command)
    assert (world.proposals.rows, world.votes.rows) == ({}, {})


async def test_a_contact_who_resolves_has_confirmed() -> None:
    world = World()
    await world.proposals.put(proposal("a", sent=QUOTE))
    contact = Actor(kind=ActorKind.CONTACT, id="p")
    await world.call(event(ConversationResolved, contact), 1)
    assert world.proposals.rows["a"].ending == "confirmed"
