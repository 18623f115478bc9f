"""Files into Markdown, as far as no library is needed: plain text, and questions with their answers."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

FileFormat = Literal["markdown", "text", "html", "pdf", "csv"]

_INLINE_MARKS: Final = re.compile(r"([\\`*_\[\]#|~])")
# A quotation needs no blank behind its mark, and nothing at all; bullets and numbers do.
_OPENING: Final = re.compile(r"^(\s*)(?:(>|[-+](?=\s))|(\d{1,9})([.)])(?=\s))")
_QUESTION_COLUMNS: Final = frozenset({"question", "questions", "q", "frage", "pregunta", "pergunta", "title"})
_ANSWER_COLUMNS: Final = frozenset({"answer", "answers", "a", "antwort", "respuesta", "réponse", "resposta"})
_LONGEST_QUESTION: Final = 300
MAX_ROWS: Final = 20_000


class InvalidDocument(ValueError):  # noqa: N818 - it names a state, as a caller reads it
    """The file is not a document that could be stored; the message says why. Trying again is of no use."""


@dataclass(frozen=True, slots=True)
class FileText:
    """What was read of a file: Markdown, and the title if it has one of its own."""

    markdown: str
    title: str = ""


def decode(body: bytes) -> str:
    """Text in UTF-8, in UTF-16 with its mark, or else in Windows' Western code page.

    Raises InvalidDocument.
    """
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise InvalidDocument("the file is no text")
    return text


def escaped(text: str) -> str:
    """A line of text whose characters mean nothing in Markdown."""
    text = _INLINE_MARKS.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))
    return _OPENING.sub(_escaped_opening, text)


def _escaped_opening(match: re.Match[str]) -> str:
    blanks, sign, number, dot = match.groups()
    return f"{blanks}\\{sign}" if sign else f"{blanks}{number}\\{dot}"


def read_text(text: str) -> FileText:
    """Plain text: paragraphs and lists stay, nothing else is taken for Markdown."""
    marks = (
        _INLINE_MARKS.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))
        for line in text.splitlines()
    )
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return FileText("\n".join(marks), first if len(first) <= 120 else "")


def read_questions(text: str) -> FileText:
    """CSV of questions and answers: a section each. A row of titles, if there is one, names the columns;
    otherwise they are the first two. Raises InvalidDocument, which names the line.
    """
    rows = _rows(text)
    question, answer, first = _columns(rows)
    sections = []
    for line, row in enumerate(rows[first:], first + 1):
        if not any(cell.strip() for cell in row):
            continue
        asked, said = _cell(row, question), _cell(row, answer)
        if not asked or not said:
            raise InvalidDocument(f"line {line} has no {'answer' if asked else 'question'}")
        title = escaped(" ".join(asked.split())[:_LONGEST_QUESTION])
        sections.append(f"## {title}\n\n" + "\n".join(escaped(one) for one in said.splitlines()))
    return FileText("\n\n".join(sections))


def _rows(text: str) -> list[list[str]]:
    try:
        dialect = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), dialect))
    except csv.Error as error:
        raise InvalidDocument(f"the CSV cannot be read: {error}") from error
    if len(rows) > MAX_ROWS:
        raise InvalidDocument(f"a file of questions has at most {MAX_ROWS} rows")
    return rows


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, int, int]:
    """Where questions and answers stand, and the first row that has them."""
    names = [cell.strip().casefold() for cell in rows[0]] if rows else []
    question = next((at for at, name in enumerate(names) if name in _QUESTION_COLUMNS), None)
    answer = next((at for at, name in enumerate(names) if name in _ANSWER_COLUMNS), None)
    if question is not None and answer is not None:
        return question, answer, 1
    return 0, 1, 0


def _cell(row: Sequence[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""
