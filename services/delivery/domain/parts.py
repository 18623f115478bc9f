"""How a message goes out where text and files are messages of their own."""

from dataclasses import dataclass

from libs.contracts.conversation import Attachment
from libs.contracts.vocabulary import MessageKind
from services.delivery.domain.splitting import split, utf16_length

#: Kinds of file under which a text can stand.
CAPTIONED = frozenset({MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT})


@dataclass(frozen=True, slots=True)
class Part:
    """One message to the platform: a text, or a file with what stands under it."""

    text: str = ""
    attachment: Attachment | None = None


def parts_of(
    content: str, attachments: tuple[Attachment, ...], *, text_limit: int, caption_limit: int
) -> tuple[Part, ...]:
    """The same parts each time for the same message, so that a retry goes on where it stopped. A short text
    stands under the only file; otherwise it goes ahead of the files.
    """
    text = content.strip()
    if len(attachments) == 1 and attachments[0].kind in CAPTIONED and utf16_length(text) <= caption_limit:
        return (Part(text, attachments[0]),)
    return (*(Part(one) for one in split(text, text_limit)), *(Part("", file) for file in attachments))
