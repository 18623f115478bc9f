"""What a chatbot may know: documents, and the chunks of them that answers quote."""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Visibility = Literal["public", "internal"]
# learnt: from an approved answer, and used. approved: a person looked at it, and no vote changes it. waiting:
# not used until a person approves it. revoked: not used, and not learnt again.
PhrasingState = Literal["learnt", "approved", "waiting", "revoked"]

# A document is one article. The largest help-centre articles are some 60 KiB; a file past this is a dump.
MAX_DOCUMENT_CHARACTERS: Final = 1_000_000


class KnowledgeBase(NamedTuple):
    """Whose knowledge: one chatbot of one account. Nothing crosses it, not even a word's rarity."""

    account_id: str
    chatbot_id: str


class DocumentKey(NamedTuple):
    """A document's id is unique within its knowledge base only."""

    base: KnowledgeBase
    document_id: str


class Phrasing(NamedTuple):
    """A contact's question that an agent approved an answer to, and what that quoted of the document."""

    question: str
    quote: str = ""
    state: PhrasingState = "learnt"

    @property
    def is_used(self) -> bool:
        """Whether the document is found by it."""
        return self.state in ("learnt", "approved")


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document, as the store of documents holds it.

    ``text`` is Markdown without front matter. ``language`` is an ISO 639-1 code or None where it is not
    known. ``revision`` rises with every change of any document of the store. ``internal`` documents are for
    agents and are never quoted to visitors. A ``removed`` document is kept without its text, so that
    indexes hear of it. ``phrasings`` are kept from version to version, oldest first.
    """

    id: str
    account_id: str
    chatbot_id: str
    title: str
    text: str
    visibility: Visibility = "public"
    language: str | None = None
    revision: int = 0
    removed: bool = False
    phrasings: tuple[Phrasing, ...] = ()

    @property
    def base(self) -> KnowledgeBase:
        """The knowledge base it belongs to."""
        return KnowledgeBase(self.account_id, self.chatbot_id)

    @property
    def key(self) -> DocumentKey:
        """Its identity across knowledge bases."""
        return DocumentKey(self.base, self.id)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that makes sense on its own, as plain text.

    ``id`` is ``<document id>#<ordinal>``. ``headings`` are those above the text, outermost first, without the
    document's title; ``phrasings`` are questions that this chunk answered and an agent approved.
    """

    id: str
    document_id: str
    ordinal: int
    title: str
    text: str
    headings: tuple[str, ...] = ()
    phrasings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stood between the two ``---`` lines at the top of a Markdown file, and the Markdown below them."""

    body: str
    fields: dict[str, str] = field(default_factory=dict)
