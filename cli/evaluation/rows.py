"""Evaluation data: JSON lines, checked, with the line named that does not fit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

#: A file past this is no evaluation set.
MOST_ROWS = 1_000_000

Row = TypeVar("Row", bound="_Row")


class BadRow(ValueError):  # noqa: N818 - it names a state, as a caller reads it
    """A line that does not fit; the message says which and why."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class CorpusRow(_Row):
    """One article or answer; `group` is what a search must find (default: the row itself)."""

    id: str
    group: str | None = None
    title: str = ""
    text: str = ""

    @property
    def found_as(self) -> str:
        """What finding this row counts as."""
        return self.group or self.id


class TurnRow(_Row):
    """One utterance of a conversation."""

    role: str
    text: str


class QueryRow(_Row):
    """A question, or the turns that end with one, and the groups that answer it."""

    id: str
    query: str = ""
    turns: tuple[TurnRow, ...] = ()
    relevant_groups: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> "QueryRow":
        if not self.query.strip() and not any(turn.text.strip() for turn in self.turns):
            raise ValueError("needs query or turns")
        return self


class PassageRow(_Row):
    """A passage with a title."""

    title: str = ""
    text: str


class PairRow(_Row):
    """A question with passages, and whether they answer it."""

    query: str
    passages: tuple[str | PassageRow, ...]
    answerable: bool


class HandoffRow(_Row):
    """A message, and whether its writer asks for a person."""

    text: str
    handoff: bool


class IntentRow(_Row):
    """A message and its intent; None is out of scope."""

    text: str
    intent: str | None


def read_rows(file: Path, kind: type[Row]) -> list[Row]:
    """Every row of a file. Raises BadRow."""
    return list(_rows(file, kind))


def _rows(file: Path, kind: type[Row]) -> Iterator[Row]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if number > MOST_ROWS:
                raise BadRow(f"{file}: more than {MOST_ROWS} lines")
            if not line.strip():
                continue
            try:
                yield kind.model_validate(json.loads(line))
            except (json.JSONDecodeError, ValidationError) as error:
                raise BadRow(f"{file}, line {number}: {_why(error)}") from error


def _why(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}"
    return "not a JSON object"
