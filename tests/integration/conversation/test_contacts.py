"""Contacts in the store: one suite, against the fake and against MongoDB."""

from typing import Any

from libs.contracts.contacts import ContactAlias, UpdateContact
from libs.contracts.conversation import ContactView
from services.conversation.domain.contact import Contact
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore, counting_ids
from tests.unit.conversation.making import ACCOUNT, ADMIN, CONNECTION, conversation, moment

Repository = InMemoryStore | MongoRepository
IT = Visibility(departments=frozenset({"IT"}), person_id="ana")
HR = Visibility(departments=frozenset({"HR"}), person_id="eve")


async def meet(
    repository: Repository, alias: str, name: str, new_id: Any, account: str = ACCOUNT
) -> ContactView:
    return await repository.transaction(account, lambda tx: tx.contact(CONNECTION, alias, name, new_id))


async def change(repository: Repository, contact_id: str, **parts: Any) -> Contact:
    async def work(tx: Transaction) -> Contact:
        contact = await tx.contact_by_id(contact_id)
        assert contact is not None
        contact.update(UpdateContact(actor=ADMIN, contact_id=contact_id, **parts), moment(5))
        await tx.save_contact(contact)
        return contact

    return await repository.transaction(ACCOUNT, work)


async def test_what_is_kept_of_a_contact_is_read_back(repository: Repository) -> None:
    view = await meet(repository, "77", "Mira", counting_ids())
    saved = await change(
        repository, view.id, name="Mira $and", value=1.5, attributes={"$a.b": "c"}, email="m@x.test"
    )
    found = await repository.contacts.contact(ACCOUNT, view.id)
    assert found is not None
    assert found.detail().model_dump(exclude={"created_at"}) == saved.detail().model_dump(
        exclude={"created_at"}
    )
    await change(repository, view.id, cleared=("value", "attributes", "email"))
    found = await repository.contacts.contact(ACCOUNT, view.id)
    assert found is not None
    assert (found.value, found.attributes, found.email, found.shown_name) == (None, {}, None, "Mira $and")
    assert (await meet(repository, "77", "Mirabelle", counting_ids())).name == "Mira $and"
    assert await repository.contacts.contact("other", view.id) is None


async def test_searches_go_by_prefix_within_the_account(repository: Repository) -> None:
    ids = counting_ids()
    mira = await meet(repository, "77", "Mira Sand", ids)
    jo = await meet(repository, "jo.1", "Jo", ids)
    await meet(repository, "77", "Mira Other", ids, account="other")

    async def found(prefix: str | None, after: str | None = None, limit: int = 10) -> list[str]:
        return [one.id for one in await repository.contacts.search(ACCOUNT, prefix, after, limit)]

    assert await found(None) == [mira.id, jo.id]
    assert await found(None, limit=1) == [mira.id]
    assert await found(None, after=mira.id) == [jo.id]
    assert await found("sand") == [mira.id]
    assert await found("77") == [mira.id]
    assert await found("jo.") == [jo.id]
    assert await found("jo", after=jo.id) == []
    assert await found(".*") == []
    await change(repository, jo.id, name="Joanna", phone="+49 30")
    assert await found("joan") == [jo.id]
    assert await found("+49") == [jo.id]


async def test_a_merged_contact_keeps_its_alias_for_the_other(repository: Repository) -> None:
    ids = counting_ids()
    mira, jo = await meet(repository, "77", "Mira", ids), await meet(repository, "88", "Jo", ids)

    async def merge(tx: Transaction) -> None:
        contact = await tx.contact_by_id(jo.id)
        assert contact is not None
        contact.merged_into = mira.id
        await tx.save_contact(contact)

    await repository.transaction(ACCOUNT, merge)
    assert await meet(repository, "88", "Jo", ids) == mira
    brought = (ContactAlias(connection_id=CONNECTION, alias="88"),)
    assert await repository.contacts.merged_aliases(ACCOUNT, [mira.id, jo.id]) == {mira.id: brought}
    assert await repository.transaction(ACCOUNT, lambda tx: tx.aliases_merged_into(mira.id)) == brought
    assert [one.id for one in await repository.contacts.search(ACCOUNT, None, None, 9)] == [mira.id]


async def test_a_contact_is_seen_through_a_conversation(repository: Repository) -> None:
    view = await meet(repository, "77", "Mira", counting_ids())
    one = conversation(contact=view, department="IT")
    await repository.transaction(ACCOUNT, lambda tx: tx.save(one))
    for visibility, sees in ((IT, True), (HR, False), (Visibility(), False), (Visibility(True), True)):
        assert (await repository.contacts.seen(ACCOUNT, [view.id], visibility) == {view.id}) is sees
        assert (
            await repository.transaction(ACCOUNT, lambda tx, v=visibility: tx.sees_contact(view.id, v))
            is sees
        )
    assert await repository.contacts.seen("other", [view.id], IT) == set()
    assert await repository.contacts.seen(ACCOUNT, [], IT) == set()
    assert await repository.transaction(ACCOUNT, lambda tx: tx.conversations_of_contact(view.id, 5)) == [
        one.id
    ]
