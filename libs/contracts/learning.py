"""What a chatbot learnt from people's decisions: questions that documents answer, and how answers fared."""

from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Query

PhrasingState = Literal["learnt", "approved", "waiting", "revoked"]
#: As PhrasingView has it.
PhrasingId = Annotated[str, Field(min_length=1, max_length=64)]


class PhrasingView(Contract):
    """A contact's question that a document is found by, because an agent approved an answer from it.

    `learnt`: from that answer alone. `approved`: an administrator looked at it. `waiting`: not used until one
    approves it, because answers to it were rejected as often as not, or because everything learnt is to be
    looked at first. `revoked`: not used, and not learnt again.
    """

    id: str
    document_id: Id
    document_title: str
    question: str
    quote: str
    state: PhrasingState


class PhrasingPage(Contract):
    """The answer to ListPhrasings, by document."""

    items: tuple[PhrasingView, ...]
    next_cursor: str | None = None


class LearningView(Contract):
    """How a chatbot's answers fared in the last ninety days.

    `suggestions` and `answers` are counted by what became of them; `endings` counts conversations with any
    of them: `confirmed` by the one who asked, `assumed` because they were closed or settled by somebody else,
    `reopened`, `open`. `in_favour` and `against` are votes: decisions of agents and feedback of readers.
    """

    suggestions: dict[str, int]
    answers: int
    endings: dict[str, int]
    in_favour: int
    against: int


class DecidePhrasing(Command, type="decide_phrasing.v1"):
    """Have a phrasing used, or not; the answer is the phrasing. `not_found` for one that is not there."""

    chatbot_id: Id
    document_id: Id
    phrasing_id: PhrasingId
    state: Literal["approved", "revoked"]


class ListPhrasings(Query, type="list_phrasings.v1"):
    """What a chatbot's documents learnt."""

    chatbot_id: Id
    state: PhrasingState | None = None
    cursor: str | None = Field(default=None, max_length=512)
    page_size: int = Field(default=20, ge=1, le=100)


class GetLearning(Query, type="get_learning.v1"):
    """How a chatbot's answers fared."""

    chatbot_id: Id
