"""Documents into chunks by structure: a chunk is a section, and a long section is cut between its blocks."""

import re
from collections.abc import Iterator
from typing import Final

from services.ai.domain.documents import Chunk
from services.ai.domain.markdown_blocks import Block, read_blocks
from services.ai.domain.sentences import split_sentences

# A section of an article is mostly 300 to 800 characters; a passage past this is no answer but a page.
MAX_CHUNK_CHARACTERS: Final = 900
_SPACE: Final = re.compile(r"\s")


def chunk_markdown(
    document_id: str, title: str, markdown: str, max_characters: int = MAX_CHUNK_CHARACTERS
) -> list[Chunk]:
    """The chunks of a Markdown document, in order.

    Each holds at most ``max_characters`` of plain text and knows the headings above it. A first heading
    that repeats the title is not among them. Cut, in this order of preference: between sections, between
    blocks, between sentences, between words, within a word. No text is lost but the marks.
    """
    chunks: list[Chunk] = []
    for headings, blocks in _sections(title, read_blocks(markdown)):
        for text in _pack(blocks, max_characters):
            ordinal = len(chunks)
            chunks.append(Chunk(f"{document_id}#{ordinal}", document_id, ordinal, title, text, headings))
    return chunks


def _sections(title: str, blocks: list[Block]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    path: list[Block] = []
    held: list[Block] = []
    for block in blocks:
        if block.kind != "heading":
            held.append(block)
            continue
        if held:
            yield _headings(title, path), held
            held = []
        path = [above for above in path if above.level < block.level] + [block]
    if held:
        yield _headings(title, path), held


def _headings(title: str, path: list[Block]) -> tuple[str, ...]:
    return tuple(block.text for block in path if block.text.casefold() != title.casefold())


def _pack(blocks: list[Block], limit: int) -> Iterator[str]:
    """Texts of at most ``limit`` characters each; blocks stay whole where they fit."""
    text = ""
    previous: Block | None = None
    for block in blocks:
        for piece in _pieces(block.text, limit):
            joined = text + (_separator(previous, block) if text else "") + piece
            if len(joined) <= limit:
                text = joined
            else:
                yield text
                text = piece
            previous = block
    yield text


def _separator(previous: Block | None, block: Block) -> str:
    """One line break within a list, a table or a cut paragraph's rest, an empty line between paragraphs."""
    if previous is block:
        return " "
    listed = block.kind in ("item", "row") and previous is not None
    introduced = previous is not None and previous.text.endswith(":")
    return "\n" if listed and (introduced or previous is None or previous.kind == block.kind) else "\n\n"


def _pieces(text: str, limit: int) -> Iterator[str]:
    if len(text) <= limit:
        yield text
        return
    for sentence in split_sentences(text):
        rest = sentence
        while len(rest) > limit:
            cut = _last_space(rest, limit)
            yield rest[:cut].rstrip()
            rest = rest[cut:].lstrip()
        yield rest


def _last_space(text: str, limit: int) -> int:
    """Where to cut so that at most ``limit`` characters stay: at a blank, or in a word if there is none."""
    for at in range(limit, 0, -1):
        if _SPACE.match(text[at]):
            return at
    return limit
