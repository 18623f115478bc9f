"""An account's labels, in the store as in memory."""

from libs.contracts.labels import Label
from libs.runtime.ids import new_id
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import ListFilter, Transaction, Window
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore
from tests.unit.conversation.making import conversation, moment

Repository = InMemoryStore | MongoRepository


def label(name: str, colour: str | None = None) -> Label:
    return Label(name=name, colour=colour, created_by="ana", created_at=moment())


async def test_labels_are_kept_and_conversations_with_one_are_found(repository: Repository) -> None:
    account_id = new_id()
    made = sorted(
        (
            conversation(new_id(), account_id=account_id, session_id=f"tg:{new_id()}", labels=("late",))
            for _ in range(3)
        ),
        key=lambda one: one.id,
    )
    made[0].snoozed_until = moment(900)

    async def work(tx: Transaction) -> None:
        for one in made:
            await tx.save(one)
        await tx.put_label(label("vip", "#aa0000"))
        await tx.add_label(label("vip"))
        await tx.add_label(label("late"))
        assert await tx.known_labels(["vip", "late", "else"]) == {"vip", "late"}
        assert await tx.label("vip") == label("vip", "#aa0000")
        assert await tx.count_labels() == 2
        first = await tx.labelled("late", None, 2)
        assert list(first) == [one.id for one in made[:2]]
        assert list(await tx.labelled("late", first[-1], 2)) == [made[2].id]
        await tx.add_label(label("gone"))
        await tx.delete_label("gone")
        assert await tx.label("gone") is None

    await repository.transaction(account_id, work)
    found = await repository.labels.labels(account_id, 10)
    assert [one.name for one in found] == ["late", "vip"]
    for snoozed, count in ((True, 1), (False, 2), (None, 3)):
        wanted = ListFilter(visibility=Visibility(everything=True), snoozed=snoozed)
        assert len(await repository.conversations.rows(account_id, wanted, Window(size=10))) == count
