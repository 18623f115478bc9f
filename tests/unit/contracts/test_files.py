"""What a file is called by, and what kind of message it makes."""

from datetime import UTC, datetime

import pytest

from libs.contracts.files import StoredFile, kind_of, kind_of_message, owned_by_contact, owned_by_conversation
from libs.contracts.vocabulary import MessageKind


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", MessageKind.IMAGE),
        ("image/svg+xml", MessageKind.DOCUMENT),
        ("video/mp4", MessageKind.VIDEO),
        ("audio/ogg", MessageKind.AUDIO),
        ("application/pdf", MessageKind.DOCUMENT),
        ("text/html", MessageKind.DOCUMENT),
    ],
)
def test_the_kind_follows_the_type(content_type: str, kind: MessageKind) -> None:
    assert kind_of(content_type) is kind


def test_no_two_owners_have_one_name() -> None:
    assert owned_by_contact("a:1", "b") != owned_by_contact("a", "1:b")
    assert owned_by_conversation("c") != owned_by_contact("c", "")


def test_a_file_becomes_the_attachment_of_a_message() -> None:
    stored = StoredFile(
        id="f1",
        account_id="acc",
        owner=owned_by_conversation("c1"),
        filename="kettle.png",
        content_type="image/png",
        size=3,
        sha256="00",
        created_at=datetime(2026, 11, 28, tzinfo=UTC),
    )
    attachment = stored.attachment()
    assert attachment.kind is MessageKind.IMAGE
    assert kind_of_message((attachment,)) is MessageKind.IMAGE
    assert kind_of_message(()) is MessageKind.TEXT
    assert (attachment.file_id, attachment.filename, attachment.size) == ("f1", "kettle.png", 3)
