"""Messages that their writer changed: one suite, against the fake and against MongoDB."""

from libs.contracts.conversation import MessageView, Reaction
from libs.contracts.vocabulary import MessageKind
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore
from tests.unit.conversation.making import ACCOUNT, agent, conversation, draft, moment

Repository = InMemoryStore | MongoRepository


async def test_a_message_is_kept_as_it_is_now_and_what_is_gone_is_gone(repository: Repository) -> None:
    one = conversation()
    said = one.receive(draft("said", "blue"), agent(), wants_answer=False)
    edit = one.receive(
        draft("edit", "green", kind=MessageKind.EDIT, reply_to="said"), agent(), wants_answer=False
    )

    async def add(tx: Transaction) -> None:
        for message in (said, edit):
            await tx.add_message(message)
        await tx.save(one)

    async def change(**parts: object) -> MessageView:
        view = said.view.model_copy(update=parts)
        await repository.transaction(ACCOUNT, lambda tx: tx.set_changed(view))
        kept = await repository.transaction(ACCOUNT, lambda tx: tx.message(one.id, "said"))
        assert kept is not None
        return kept

    await repository.transaction(ACCOUNT, add)
    reactions = (Reaction(sender_id="c", emoji="👍"),)
    kept = await change(content="green", edited_at=moment(4), reactions=reactions)
    assert (kept.content, kept.edited_at, kept.reactions) == ("green", moment(4), reactions)
    kept = await change(content="", deleted_at=moment(5))
    assert (kept.content, kept.deleted_at) == ("", moment(5))
    left = await repository.transaction(ACCOUNT, lambda tx: tx.message(one.id, "edit"))
    assert left is not None
    assert left.content == ""
