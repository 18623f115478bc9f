"""The account's directory: what the store in memory promises, MongoDB keeps."""

from typing import Any

from libs.contracts.directory import Department
from libs.contracts.vocabulary import Role, Status
from services.conversation.domain.directory import Account
from services.conversation.use_cases.directory_read_ports import PeopleFilter
from services.conversation.use_cases.ports import Chatbot, Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.integration.conversation.test_repositories import Repository
from tests.unit.conversation.making import ACCOUNT, conversation, person


async def test_a_department_is_used_by_people_chatbots_and_open_conversations(repository: Repository) -> None:
    async def users(tx: Transaction) -> list[str | None]:
        return [await tx.users_of_department(name) for name in ("IT", "HR", "Ops", "Old")]

    assert await repository.transaction(ACCOUNT, users) == [None] * 4
    old = conversation("0002", session_id="tg:2", department="Old", status=Status.CLOSED)

    async def put(tx: Transaction) -> None:
        await tx.put_person(person("ana", "IT"))
        await tx.put_chatbot(Chatbot(id="bot", name="Bot", department="HR"))
        await tx.save(conversation(department="Ops"))
        await tx.save(old)

    await repository.transaction(ACCOUNT, put)
    expected = ["people", "chatbots", "open conversations", None]
    assert await repository.transaction(ACCOUNT, users) == expected
    assert await repository.transaction("other", users) == [None] * 4


async def test_departments_that_were_plain_names_are_read(mongo: MongoRepository) -> None:
    await mongo.records.accounts.insert_one({"_id": ACCOUNT, "name": "Acme", "departments": ["IT"]})
    found = await mongo.directory.account(ACCOUNT)
    assert found == Account(ACCOUNT, "Acme", (Department(id="IT", name="IT"),))
    assert await mongo.directory.account("other") is None


async def test_chatbots_are_listed_found_used_and_forgotten(repository: Repository) -> None:
    async def put(tx: Transaction) -> None:
        for name in ("b", "a", "c"):
            await tx.put_chatbot(Chatbot(id=name, name=name.upper()))
        await tx.save(conversation(chatbot_id="a"))
        await tx.save(conversation("0002", session_id="tg:2", chatbot_id="b", status=Status.CLOSED))

    await repository.transaction(ACCOUNT, put)
    await repository.transaction("acme2", lambda tx: tx.put_chatbot(Chatbot(id="z", name="Z")))
    directory = repository.directory
    assert [one.id for one in await directory.chatbots(ACCOUNT, None, 2)] == ["a", "b"]
    assert [one.id for one in await directory.chatbots(ACCOUNT, "b", 2)] == ["c"]
    assert await directory.chatbot(ACCOUNT, "a") == Chatbot(id="a", name="A")
    assert await directory.chatbot("acme2", "a") is None

    async def used(tx: Transaction) -> list[bool]:
        return [await tx.chatbot_is_used(name) for name in "abc"]

    assert await repository.transaction(ACCOUNT, used) == [True, False, False]
    await repository.transaction(ACCOUNT, lambda tx: tx.delete_chatbot("c"))
    assert await directory.chatbot(ACCOUNT, "c") is None
    assert await repository.transaction(ACCOUNT, lambda tx: tx.chatbot("c")) is None


async def test_people_are_listed_found_and_forgotten(repository: Repository) -> None:
    async def put(tx: Transaction) -> None:
        for one in (person("una", role="user"), person("ana", "IT", "HR"), person("ada", role="admin")):
            await tx.put_person(one)
        await tx.save(conversation(assignee_id="ana"))
        await tx.save(conversation("0002", session_id="tg:2", assignee_id="ana", status=Status.CLOSED))
        await tx.put_account(Account(ACCOUNT, "Acme"))

    await repository.transaction(ACCOUNT, put)
    await repository.transaction("other", lambda tx: tx.put_person(person("zoe", account_id="other")))
    directory = repository.directory

    async def ids(after: str | None = None, limit: int = 9, **wanted: Any) -> list[str]:
        found = await directory.people(ACCOUNT, PeopleFilter(**wanted), after, limit)
        return [one.id for one in found]

    assert await ids() == ["ada", "ana", "una"]
    assert await ids("ada", 1) == ["ana"]
    assert await ids(role=Role.USER) == ["una"]
    assert await ids(department="HR") == ["ana"]
    assert await ids(prefix="ana@acme") == await ids(prefix="ana a") == ["ana"]
    assert await ids(prefix=".*") == []
    assert await directory.person(ACCOUNT, "ana") == person("ana", "IT", "HR")
    assert await directory.person("other", "ana") is None

    async def look(tx: Transaction) -> tuple[Any, ...]:
        address = await tx.person_of_email("ANA@acme.test")
        work = await tx.open_work_of("ana", 9)
        return address and address.id, await tx.other_admins("ana"), await tx.other_admins("ada"), len(work)

    assert await repository.transaction(ACCOUNT, look) == ("ana", 1, 0, 1)
    assert await repository.transaction("other", look) == (None, 0, 0, 0)
    await repository.transaction(ACCOUNT, lambda tx: tx.delete_person("ana"))
    assert await ids() == ["ada", "una"]
