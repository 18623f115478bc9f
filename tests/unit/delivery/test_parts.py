import pytest

from libs.contracts.vocabulary import MessageKind
from services.delivery.domain.parts import Part, parts_of
from tests.unit.delivery.channel_stage import picture


@pytest.mark.parametrize(
    ("content", "kinds", "expected"),
    [
        ("", (), []),
        (" hi ", (), [("hi", False)]),
        ("hi", (MessageKind.IMAGE,), [("hi", True)]),
        ("", (MessageKind.DOCUMENT,), [("", True)]),
        ("long text", (MessageKind.IMAGE,), [("long", False), ("text", False), ("", True)]),
        ("hi", (MessageKind.VOICE,), [("hi", False), ("", True)]),
        ("hi", (MessageKind.IMAGE, MessageKind.IMAGE), [("hi", False), ("", True), ("", True)]),
    ],
)
def test_texts_and_files_become_messages(
    content: str, kinds: tuple[MessageKind, ...], expected: list[tuple[str, bool]]
) -> None:
    files = tuple(picture(kind=kind) for kind in kinds)
    parts = parts_of(content, files, text_limit=6, caption_limit=4)
    assert [(part.text, part.attachment is not None) for part in parts] == expected
    assert all(isinstance(part, Part) for part in parts)
