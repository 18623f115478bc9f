"""An agent's draft looked over by the AI. Nothing is stored and nothing is sent."""

from typing import Literal

from pydantic import Field

from libs.contracts.ai import ChatbotProfile, Turn
from libs.contracts.base import Contract, Id, Name, Query, Text
from libs.contracts.conversation import Citation, Person

RemarkKind = Literal["tone", "clarity", "missing_answer", "general"]


class Remark(Contract):
    """A note for the agent."""

    kind: RemarkKind
    text: str = Field(max_length=1_000)


class ImproveDraft(Query, type="improve_draft.v1"):
    """Look over a draft that is to answer the contact's last turn; `turns` are the oldest first."""

    conversation_id: Id
    chatbot: ChatbotProfile
    contact_name: Name = ""
    turns: tuple[Turn, ...] = Field(max_length=50)
    draft: str = Field(min_length=1, max_length=16_384)


class ImprovedDraft(Contract):
    """The answer to ImproveDraft. `improved` is the draft itself where nothing was changed; `engine` is
    `model`, or `rules` where none had an answer. `citations` hold what documents say on questions that the
    draft leaves open.
    """

    improved: Text
    remarks: tuple[Remark, ...] = Field(default=(), max_length=32)
    citations: tuple[Citation, ...] = Field(default=(), max_length=32)
    engine: Literal["model", "rules"]


class GetChatbotProfile(Query, type="get_chatbot_profile.v1"):
    """What the AI has to know of the chatbot that speaks in a conversation; `not_found` where the person may
    not know of it.
    """

    person: Person
    conversation_id: Id
