"""The people of an account: who may change whom, and that somebody can always administer it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import Person, RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.people import CreatePerson, DeletePerson, FindPerson, ListPeople, UpdatePerson
from libs.contracts.vocabulary import ActorKind, Role, Status
from libs.contracts.workflow import AssignConversation
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.create_person import create_person
from services.conversation.use_cases.delete_person import delete_person
from services.conversation.use_cases.read_people import FindPersonForAdmin, ListPeopleForAdmin
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.release_conversation import release_conversation
from services.conversation.use_cases.update_person import update_person
from tests.unit.conversation.conftest import World, furnished
from tests.unit.conversation.making import ACCOUNT, ADMIN, agent, call, person

ADA, BEA = person("ada", role="admin"), person("bea", role="admin")
SECOND = agent("bea", role=Role.ADMIN)


async def staffed(world: World) -> World:
    for one in (ADA, person("una", role="user")):
        await world.do(register_person, RegisterPerson(actor=SYSTEM, person=one))
    return world


async def refused(world: World, use_case: Any, command: Any, account_id: str = ACCOUNT) -> str:
    before = dict(world.store.records.people)
    with pytest.raises(DomainError) as said:
        await world.do(use_case, command, account_id=account_id)
    assert world.store.records.people == before
    return said.value.code


def change(person_id: str, actor: Actor = ADMIN, **parts: Any) -> UpdatePerson:
    return UpdatePerson(actor=actor, person_id=person_id, **parts)


def remove(person_id: str, actor: Actor = ADMIN) -> DeletePerson:
    return DeletePerson(actor=actor, person_id=person_id)


async def test_somebody_new_is_there_once(world: World) -> None:
    await staffed(world)
    eli = person("eli", "IT", "HR")
    assert await world.do(create_person, CreatePerson(actor=ADMIN, person=eli)) == eli
    found = await FindPersonForAdmin(world.store.directory)(FindPerson(person=ADA, person_id="eli"), call())
    assert found == eli

    def create(**parts: Any) -> CreatePerson:
        return CreatePerson(actor=ADMIN, person=eli.model_copy(update=parts))

    assert await refused(world, create_person, create()) == "conflict"
    assert await refused(world, create_person, create(id="eli2", email="ELI@acme.test")) == "conflict"
    nowhere = create(id="x", email="x@acme.test", departments=("Nowhere",))
    assert await refused(world, create_person, nowhere) == "invalid"
    assert await refused(world, create_person, create(account_id="other")) == "not_found"


async def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    await staffed(world)
    after = await world.do(update_person, change("ana", name="Ana R.", departments=("HR",)))
    assert after == person("ana", "HR").model_copy(update={"name": "Ana R."})
    after = await world.do(update_person, change("ana", email="reis@acme.test", role=Role.ADMIN))
    assert (after.email, after.role, after.departments) == ("reis@acme.test", "admin", ("HR",))
    assert await refused(world, update_person, change("ana", email="ada@acme.test")) == "conflict"
    assert await refused(world, update_person, change("ana", departments=("Nowhere",))) == "invalid"
    assert await refused(world, update_person, change("nobody", name="x")) == "not_found"


async def test_nobody_takes_administration_from_themselves_or_the_last_one(world: World) -> None:
    await staffed(world)
    assert await refused(world, update_person, change("ada", role=Role.AGENT)) == "forbidden"
    assert await refused(world, delete_person, remove("ada")) == "forbidden"
    # The system is nobody of the account: for it the last one counts.
    assert await refused(world, delete_person, remove("ada", SYSTEM)) == "conflict"
    assert await refused(world, update_person, change("ada", SYSTEM, role=Role.USER)) == "conflict"
    await world.do(register_person, RegisterPerson(actor=SYSTEM, person=BEA))
    after = await world.do(update_person, change("ada", SECOND, role=Role.AGENT))
    assert after.role == "agent"
    assert await refused(world, delete_person, remove("bea", SECOND)) == "forbidden"
    assert (await world.do(update_person, change("bea", SECOND, name="Bea"))).name == "Bea"
    assert await world.do(delete_person, remove("ada", SECOND)) == after


@pytest.mark.parametrize("way", ["removed", "demoted", "deactivated"])
async def test_the_work_of_somebody_who_goes_is_nobodys(world: World, way: str) -> None:
    await staffed(world)
    await world.says()
    mine = world.conversation().id
    assign = AssignConversation(actor=ADMIN, conversation_id=mine, agent_id="ana")
    await world.do(assign_conversation, assign)
    sent = len(world.store.records.sent)
    if way == "removed":
        await world.do(delete_person, remove("ana"))
    elif way == "demoted":
        await world.do(update_person, change("ana", role=Role.USER))
    else:
        await world.do(update_person, change("ana", active=False))
        assert await refused(world, assign_conversation, assign) == "invalid_assignee"
    (told,) = world.store.records.sent[sent:]
    world.change(assignee_id="ada")
    await world.do(release_conversation, told.command)
    assert world.conversation().assignee_id == "ada"
    world.change(assignee_id="ana")
    await world.do(release_conversation, told.command)
    assert world.conversation().assignee_id is None
    by_hand = told.command.model_copy(update={"actor": ADMIN})
    assert await refused(world, release_conversation, by_hand) == "forbidden"
    world.change(assignee_id="una", status=Status.CLOSED)
    await world.do(delete_person, remove("una"))
    assert len(world.store.records.sent) == sent + 1


async def test_the_last_active_administrator_stays_so(world: World) -> None:
    await staffed(world)
    await world.do(register_person, RegisterPerson(actor=SYSTEM, person=BEA))
    assert await refused(world, update_person, change("ada", active=False)) == "forbidden"
    assert not (await world.do(update_person, change("bea", active=False))).active
    assert await refused(world, update_person, change("ada", SECOND, active=False)) == "conflict"
    assert (await world.do(update_person, change("bea", active=True))).active
    assert not (await world.do(update_person, change("ada", SECOND, active=False))).active


async def test_lists_are_narrowed_and_come_in_pages(world: World) -> None:
    await staffed(world)
    await world.do(register_person, RegisterPerson(actor=SYSTEM, person=BEA))
    read = ListPeopleForAdmin(world.store.directory)

    async def ids(**parts: Any) -> list[str]:
        return [one.id for one in (await read(ListPeople(person=ADA, **parts), call())).items]

    assert await ids() == ["ada", "ana", "bea", "una"]
    assert await ids(role=Role.ADMIN) == ["ada", "bea"]
    assert await ids(department="IT") == ["ana"]
    assert await ids(search="AGENT") == ["ada", "ana", "bea", "una"]
    assert await ids(search="an") == ["ana"]
    assert await ids(search="una@acme") == ["una"]
    first = await read(ListPeople(person=ADA, page_size=3), call())
    assert await ids(page_size=3, cursor=first.next_cursor) == ["una"]


@pytest.mark.parametrize("actor", [agent("ana", "IT"), Actor(kind=ActorKind.USER, id="una", role=Role.USER)])
async def test_people_are_for_administrators(world: World, actor: Actor) -> None:
    await staffed(world)
    commands: list[tuple[Any, Any]] = [
        (create_person, CreatePerson(actor=actor, person=person("eve", role="admin"))),
        (update_person, change(actor.id, actor, role=Role.ADMIN)),
        (delete_person, remove("ada", actor)),
    ]
    for use_case, command in commands:
        assert await refused(world, use_case, command) == "forbidden"
    asking = person(actor.id, role=str(actor.role))
    for read, query in (
        (ListPeopleForAdmin(world.store.directory), ListPeople(person=asking)),
        (FindPersonForAdmin(world.store.directory), FindPerson(person=asking, person_id="ada")),
    ):
        with pytest.raises(DomainError) as said:
            await read(query, call())  # type: ignore[operator]
        assert said.value.code == "forbidden"


async def test_somebody_of_another_account_is_not_there(world: World) -> None:
    stranger = person("eve", role="admin", account_id="other")
    with pytest.raises(DomainError) as said:
        await FindPersonForAdmin(world.store.directory)(
            FindPerson(person=stranger, person_id="ana"), call(account_id="other")
        )
    assert said.value.code == "not_found"
    assert await refused(world, delete_person, remove("ana"), account_id="other") == "not_found"


NAMES = ("a", "b", "c")
STEP = st.tuples(
    st.sampled_from(["promote", "demote", "remove", "create"]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)


@given(steps=st.lists(STEP, max_size=25))
async def test_there_is_always_an_administrator_who_was_not_asked_to_go(
    steps: list[tuple[str, str, str]],
) -> None:
    world = await furnished(World())
    people = world.store.records.people
    people.clear()
    people[ACCOUNT, "a"] = person("a", role="admin")
    for what, who, by in steps:
        doer = people.get((ACCOUNT, by))
        actor = agent(by, role=Role(doer.role)) if isinstance(doer, Person) else agent(by)
        use_case, command = {
            "promote": (update_person, change(who, actor, role=Role.ADMIN)),
            "demote": (update_person, change(who, actor, role=Role.AGENT)),
            "remove": (delete_person, remove(who, actor)),
            "create": (create_person, CreatePerson(actor=actor, person=person(who))),
        }[what]
        try:
            await world.do(use_case, command)
        except DomainError:
            continue
        people = world.store.records.people
        assert any(one.role == "admin" for one in people.values())
