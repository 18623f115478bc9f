"""The account's directory: what the store in memory promises, MongoDB keeps."""

from libs.contracts.directory import Department
from libs.contracts.vocabulary import Status
from services.conversation.domain.directory import Account
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
