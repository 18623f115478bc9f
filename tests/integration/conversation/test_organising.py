"""What people keep beside conversations comes back as it was kept, from both repositories."""

from libs.contracts.conversation import Sender
from libs.contracts.notes import NoteView
from libs.contracts.vocabulary import SenderKind
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore
from tests.unit.conversation.making import ACCOUNT, id_of_thread, moment

CONVERSATION = id_of_thread()


def note(number: int, conversation_id: str = CONVERSATION) -> NoteView:
    return NoteView(
        id=f"note-{number}",
        conversation_id=conversation_id,
        author=Sender(kind=SenderKind.AGENT, id="ana", name="Ana"),
        text=f"note {number}",
        created_at=moment(number),
    )


async def test_notes(repository: InMemoryStore | MongoRepository) -> None:
    other = note(7, id_of_thread("other"))

    async def keep(tx: Transaction) -> None:
        for one in (note(0), note(1), note(2), other):
            await tx.add_note(one)

    await repository.transaction(ACCOUNT, keep)
    reads = repository.organising
    assert await reads.notes(ACCOUNT, CONVERSATION, 2, None) == [note(2), note(1)]
    assert await reads.notes(ACCOUNT, CONVERSATION, 9, "note-1") == [note(0)]
    assert await reads.notes("other", CONVERSATION, 9, None) == []
    found = await repository.transaction(ACCOUNT, lambda tx: tx.note(CONVERSATION, "note-1"))
    assert found == note(1)
    assert await repository.transaction(ACCOUNT, lambda tx: tx.note(other.conversation_id, "note-1")) is None
    assert await repository.transaction("other", lambda tx: tx.note(CONVERSATION, "note-1")) is None
    await repository.transaction(ACCOUNT, lambda tx: tx.delete_note(note(1)))
    assert await reads.notes(ACCOUNT, CONVERSATION, 9, None) == [note(2), note(0)]
