"""Store a Markdown file as the new version of a document."""

from dataclasses import dataclass, replace
from typing import Final

from services.ai.domain.documents import MAX_DOCUMENT_CHARACTERS, Document, DocumentKey, Visibility
from services.ai.domain.files import InvalidDocument
from services.ai.domain.front_matter import split_front_matter
from services.ai.domain.languages import detect_language
from services.ai.domain.markdown_blocks import read_blocks
from services.ai.use_cases.ports import Documents

_VISIBILITIES: Final[dict[str, Visibility]] = {"public": "public", "internal": "internal"}
_MAX_TITLE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody said of a document beside its file; it counts before what the file says."""

    title: str | None = None
    visibility: Visibility | None = None
    language: str | None = None


_NOTHING: Final = Given()


class PutDocument:
    """The file's front matter may give ``title``, ``visibility`` (public, internal) and ``language``.

    Without a title the first heading is taken, without that the id. A visibility that is not known is
    refused: a slip of the pen must not publish what was meant to be internal.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def __call__(self, key: DocumentKey, markdown: str, given: Given = _NOTHING) -> Document:
        """Store it and give it back with its revision; the same content again stores nothing.

        Raises InvalidDocument.
        """
        document = _document(key, markdown, given)
        stored = await self._documents.get(key)
        if stored is not None and _same(stored, document):
            return stored
        learnt = stored.phrasings if stored is not None else ()
        return await self._documents.save(replace(document, phrasings=learnt))


def _document(key: DocumentKey, markdown: str, given: Given) -> Document:
    if len(markdown) > MAX_DOCUMENT_CHARACTERS:
        raise InvalidDocument(f"a document holds at most {MAX_DOCUMENT_CHARACTERS} characters")
    front = split_front_matter(markdown)
    if not front.body.strip():
        raise InvalidDocument("the document has no text")
    said = given.visibility or front.fields.get("visibility", "public").lower()
    visibility = _VISIBILITIES.get(said)
    if visibility is None:
        raise InvalidDocument("visibility is public or internal")
    return Document(
        id=key.document_id,
        account_id=key.base.account_id,
        chatbot_id=key.base.chatbot_id,
        title=_title(given.title or front.fields.get("title", ""), front.body, key.document_id),
        text=front.body,
        visibility=visibility,
        language=given.language
        or front.fields.get("language", "").lower()[:2]
        or detect_language(front.body),
    )


def _title(given: str, body: str, fallback: str) -> str:
    headings = (block.text for block in read_blocks(body) if block.kind == "heading")
    return (given or next(headings, fallback))[:_MAX_TITLE_CHARACTERS]


def _same(stored: Document, new: Document) -> bool:
    return (stored.title, stored.text, stored.visibility, stored.language, stored.removed) == (
        new.title,
        new.text,
        new.visibility,
        new.language,
        False,
    )
