"""Bodies about how conversations are kept in order."""

from typing import Annotated

from pydantic import BaseModel, Field

from libs.contracts.conversation import MOST_LABELS
from libs.contracts.vocabulary import Priority
from services.gateway.entrypoints.http_models import body_config

LabelIn = Annotated[str, Field(min_length=1, max_length=64)]
LabelsList = Annotated[list[LabelIn], Field(max_length=MOST_LABELS)]
#: An enumeration's words come as text in JSON, which a strict body would refuse.
PriorityWord = Annotated[Priority, Field(strict=False)]


class LabelsBody(BaseModel):
    """Labels. Case, and spaces at the ends or doubled, do not count."""

    model_config = body_config({"labels": ["refund", "vip customer"]})

    labels: list[LabelIn] = Field(max_length=MOST_LABELS)


class PriorityBody(BaseModel):
    """How urgent it is."""

    model_config = body_config({"priority": "high"})

    priority: PriorityWord


class MergeIntoBody(BaseModel):
    """The conversation that it becomes part of."""

    model_config = body_config({"into": "0190f1c27a007c3b9a512f6d1c0b8e11-4f2a"})

    into: str = Field(min_length=1, max_length=256)
