"""The account and its departments: who may change them, and what a change leaves as it was."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import RegisterAccount, RegisterChatbot
from libs.contracts.directory import (
    AccountView,
    CreateDepartment,
    DeleteDepartment,
    Department,
    GetAccount,
    UpdateAccount,
    UpdateDepartment,
)
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, Role, Status
from services.conversation.domain.directory import MOST_DEPARTMENTS
from services.conversation.use_cases.create_department import create_department
from services.conversation.use_cases.delete_department import delete_department
from services.conversation.use_cases.get_account import GetAccountForPerson
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.update_account import update_account
from services.conversation.use_cases.update_department import update_department
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, ADMIN, CHATBOT, agent, call, person

USER = Actor(kind=ActorKind.USER, id="una", role=Role.USER)


async def refused(world: World, use_case: Any, command: Any, account_id: str = ACCOUNT) -> str:
    before = dict(world.store.records.accounts)
    with pytest.raises(DomainError) as said:
        await world.do(use_case, command, account_id=account_id)
    assert world.store.records.accounts == before
    return said.value.code


async def create(world: World, id_: str = "Sales", **settings: Any) -> Department:
    command = CreateDepartment(actor=ADMIN, department=Department(id=id_, **settings))
    made = await world.do(create_department, command)
    assert isinstance(made, Department)
    return made


def change(id_: str = "IT", actor: Actor = ADMIN, **parts: Any) -> UpdateDepartment:
    return UpdateDepartment(actor=actor, department_id=id_, **parts)


async def account_of(world: World, role: str = "agent") -> AccountView:
    return await GetAccountForPerson(world.store.directory)(
        GetAccount(person=person("ana", role=role)), call()
    )


async def test_a_department_is_created_once_with_its_settings(world: World) -> None:
    made = await create(world, name="Sales", default_chatbot_id=CHATBOT, auto_assign=True, agent_limit=3)
    assert (await account_of(world)).departments[-1] == made
    again = CreateDepartment(actor=ADMIN, department=Department(id="Sales"))
    assert await refused(world, create_department, again) == "conflict"
    ghost = CreateDepartment(actor=ADMIN, department=Department(id="Two", default_chatbot_id="ghost"))
    assert await refused(world, create_department, ghost) == "invalid"


async def test_there_are_not_more_departments_than_can_be_told(world: World) -> None:
    account = world.store.records.accounts[ACCOUNT]
    names = [f"D{number}" for number in range(MOST_DEPARTMENTS)]
    world.store.records.accounts[ACCOUNT] = account.renamed("Acme", names)
    command = CreateDepartment(actor=ADMIN, department=Department(id="one more"))
    assert await refused(world, create_department, command) == "invalid"


async def test_a_change_keeps_what_it_does_not_name_and_empties_what_is_cleared(world: World) -> None:
    await create(world, default_chatbot_id=CHATBOT, agent_limit=3)
    after = await world.do(update_department, change("Sales", auto_assign=True, cleared=("agent_limit",)))
    assert after == Department(id="Sales", default_chatbot_id=CHATBOT, auto_assign=True)
    after = await world.do(update_department, change("Sales", name="Selling", auto_assign=False))
    assert after == Department(id="Sales", name="Selling", default_chatbot_id=CHATBOT)
    assert [one.id for one in (await account_of(world)).departments] == ["IT", "HR", "Sales"]


async def test_what_is_not_there_is_not_changed(world: World) -> None:
    assert await refused(world, update_department, change("Nowhere", name="x")) == "not_found"
    assert await refused(world, update_department, change(default_chatbot_id="ghost")) == "invalid"
    assert await refused(world, update_department, change(cleared=("name",))) == "invalid"
    gone = DeleteDepartment(actor=ADMIN, department_id="Nowhere")
    assert await refused(world, delete_department, gone) == "not_found"
    assert await refused(world, update_department, change(name="x"), account_id="other") == "not_found"


async def test_a_department_goes_when_nothing_belongs_to_it_any_more(world: World) -> None:
    delete = DeleteDepartment(actor=ADMIN, department_id="HR")
    await world.do(
        register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="B", department="HR")
    )
    assert await refused(world, delete_department, delete) == "conflict"
    await world.says()
    await world.do(register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="B"))
    assert await refused(world, delete_department, delete) == "conflict"
    world.change(status=Status.CLOSED)
    assert (await world.do(delete_department, delete)).id == "HR"
    assert [one.id for one in (await account_of(world)).departments] == ["IT"]
    # Ana is of IT.
    its = DeleteDepartment(actor=ADMIN, department_id="IT")
    assert await refused(world, delete_department, its) == "conflict"


async def test_the_account_has_settings_for_what_has_no_department(world: World) -> None:
    after = await world.do(
        update_account, UpdateAccount(actor=ADMIN, name="Acme & Co", auto_assign=True, agent_limit=4)
    )
    assert after == await account_of(world, "admin")
    assert (after.name, after.auto_assign, after.agent_limit) == ("Acme & Co", True, 4)
    after = await world.do(update_account, UpdateAccount(actor=ADMIN, cleared=("agent_limit",)))
    assert (after.auto_assign, after.agent_limit) == (True, None)


async def test_registering_the_account_again_keeps_the_settings_of_what_stays(world: World) -> None:
    await world.do(update_department, change(agent_limit=2))
    await world.do(update_account, UpdateAccount(actor=ADMIN, auto_assign=True))
    again = RegisterAccount(actor=SYSTEM, account_id=ACCOUNT, name="New", departments=("Ops", "IT", "Ops"))
    await world.do(register_account, again)
    after = await account_of(world)
    assert (after.name, after.auto_assign) == ("New", True)
    assert after.departments == (
        Department(id="Ops", name="Ops"),
        Department(id="IT", name="IT", agent_limit=2),
    )


@pytest.mark.parametrize("actor", [agent("ana", "IT"), USER])
async def test_only_administrators_change_the_directory(world: World, actor: Actor) -> None:
    commands: list[tuple[Any, Any]] = [
        (update_account, UpdateAccount(actor=actor, name="x")),
        (create_department, CreateDepartment(actor=actor, department=Department(id="x"))),
        (update_department, change(actor=actor, name="x")),
        (delete_department, DeleteDepartment(actor=actor, department_id="HR")),
    ]
    for use_case, command in commands:
        assert await refused(world, use_case, command) == "forbidden"


async def test_requesters_and_strangers_do_not_read_it(world: World) -> None:
    read = GetAccountForPerson(world.store.directory)
    for asking, code in (
        (person("una", role="user"), "forbidden"),
        (person("eve", account_id="other"), "not_found"),
    ):
        with pytest.raises(DomainError) as said:
            await read(GetAccount(person=asking), call())
        assert said.value.code == code
    with pytest.raises(DomainError) as said:
        await read(GetAccount(person=person("ana", account_id="none")), call(account_id="none"))
    assert said.value.code == "not_found"
