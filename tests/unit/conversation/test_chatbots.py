"""Chatbots: who may change them, and what a change leaves as it was."""

from typing import Any

import pytest

from libs.contracts.base import Actor
from libs.contracts.chatbots import (
    ChatbotDeleted,
    ChatbotView,
    CreateChatbot,
    DeleteChatbot,
    GetChatbot,
    ListChatbots,
    UpdateChatbot,
)
from libs.contracts.directory import UpdateDepartment
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, BotMode, Role, Status
from services.conversation.use_cases.create_chatbot import create_chatbot
from services.conversation.use_cases.delete_chatbot import delete_chatbot
from services.conversation.use_cases.read_chatbots import GetChatbotForAdmin, ListChatbotsForAdmin
from services.conversation.use_cases.update_chatbot import update_chatbot
from services.conversation.use_cases.update_department import update_department
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, ADMIN, CHATBOT, agent, call, person

ADA = person("ada", role="admin")
FULL = ChatbotView(
    id="desk",
    name="Desk",
    mode=BotMode.SUGGEST,
    instructions="Be brief.",
    department="IT",
    handoff_keywords=("lawyer",),
    auto_suggest=True,
)


async def refused(world: World, use_case: Any, command: Any, account_id: str = ACCOUNT) -> str:
    before = dict(world.store.records.chatbots)
    with pytest.raises(DomainError) as said:
        await world.do(use_case, command, account_id=account_id)
    assert world.store.records.chatbots == before
    return said.value.code


async def seen(world: World, chatbot_id: str) -> ChatbotView:
    return await GetChatbotForAdmin(world.store.directory)(
        GetChatbot(person=ADA, chatbot_id=chatbot_id), call()
    )


def told_deleted(world: World) -> list[tuple[str, str, Actor]]:
    """Account, chatbot and who did it, of each deletion that the other services are told of."""
    events = [(one.accountid, one.message()) for one in world.store.records.events]
    return [(owner, one.chatbot_id, one.actor) for owner, one in events if isinstance(one, ChatbotDeleted)]


async def test_a_chatbot_is_created_once_with_its_settings(world: World) -> None:
    assert await world.do(create_chatbot, CreateChatbot(actor=ADMIN, chatbot=FULL)) == FULL
    assert await seen(world, "desk") == FULL
    assert await refused(world, create_chatbot, CreateChatbot(actor=ADMIN, chatbot=FULL)) == "conflict"
    nowhere = FULL.model_copy(update={"id": "x", "department": "Nowhere"})
    assert await refused(world, create_chatbot, CreateChatbot(actor=ADMIN, chatbot=nowhere)) == "invalid"
    command = CreateChatbot(actor=ADMIN, chatbot=FULL)
    assert await refused(world, create_chatbot, command, account_id="other") == "not_found"


async def test_a_change_keeps_what_it_does_not_name_and_empties_what_is_cleared(world: World) -> None:
    await world.do(create_chatbot, CreateChatbot(actor=ADMIN, chatbot=FULL))
    change = UpdateChatbot(actor=ADMIN, chatbot_id="desk", mode=BotMode.OFF, cleared=("department",))
    after = await world.do(update_chatbot, change)
    assert after == FULL.model_copy(update={"mode": BotMode.OFF, "department": None})
    change = UpdateChatbot(
        actor=ADMIN, chatbot_id="desk", name="D", cleared=("instructions", "handoff_keywords")
    )
    after = await world.do(update_chatbot, change)
    assert (after.name, after.instructions, after.handoff_keywords, after.mode) == ("D", "", (), BotMode.OFF)
    assert await seen(world, "desk") == after


async def test_what_cannot_be_is_not_changed(world: World) -> None:
    def change(chatbot_id: str = CHATBOT, **parts: Any) -> UpdateChatbot:
        return UpdateChatbot(actor=ADMIN, chatbot_id=chatbot_id, **parts)

    assert await refused(world, update_chatbot, change("ghost", name="x")) == "not_found"
    assert await refused(world, update_chatbot, change(department="Nowhere")) == "invalid"
    assert await refused(world, update_chatbot, change(cleared=("mode",))) == "invalid"


async def test_a_chatbot_goes_when_nothing_needs_it_any_more(world: World) -> None:
    delete = DeleteChatbot(actor=ADMIN, chatbot_id=CHATBOT)
    await world.says()
    assert await refused(world, delete_chatbot, delete) == "conflict"
    world.change(status=Status.CLOSED)
    default = UpdateDepartment(actor=ADMIN, department_id="IT", default_chatbot_id=CHATBOT)
    await world.do(update_department, default)
    assert await refused(world, delete_chatbot, delete) == "conflict"
    assert told_deleted(world) == []
    free = UpdateDepartment(actor=ADMIN, department_id="IT", cleared=("default_chatbot_id",))
    await world.do(update_department, free)
    assert (await world.do(delete_chatbot, delete)).id == CHATBOT
    assert await refused(world, delete_chatbot, delete) == "not_found"
    assert told_deleted(world) == [(ACCOUNT, CHATBOT, ADMIN)]


async def test_pages_follow_one_another(world: World) -> None:
    for name in ("c", "a", "b"):
        bot = FULL.model_copy(update={"id": name})
        await world.do(create_chatbot, CreateChatbot(actor=ADMIN, chatbot=bot))
    read, cursor = ListChatbotsForAdmin(world.store.directory), None
    found: list[str] = []
    for _ in range(2):
        page = await read(ListChatbots(person=ADA, page_size=2, cursor=cursor), call())
        found += [one.id for one in page.items]
        cursor = page.next_cursor
    assert (found, cursor) == (["a", "b", CHATBOT, "c"], None)
    with pytest.raises(DomainError) as said:
        await read(ListChatbots(person=ADA, cursor="nonsense!"), call())
    assert said.value.code == "invalid"


@pytest.mark.parametrize("actor", [agent("ana", "IT"), Actor(kind=ActorKind.USER, id="una", role=Role.USER)])
async def test_chatbots_are_for_administrators(world: World, actor: Actor) -> None:
    commands: list[tuple[Any, Any]] = [
        (create_chatbot, CreateChatbot(actor=actor, chatbot=FULL)),
        (update_chatbot, UpdateChatbot(actor=actor, chatbot_id=CHATBOT, name="x")),
        (delete_chatbot, DeleteChatbot(actor=actor, chatbot_id=CHATBOT)),
    ]
    for use_case, command in commands:
        assert await refused(world, use_case, command) == "forbidden"
    asking = person(actor.id, role=str(actor.role))
    with pytest.raises(DomainError) as said:
        await ListChatbotsForAdmin(world.store.directory)(ListChatbots(person=asking), call())
    assert said.value.code == "forbidden"
    with pytest.raises(DomainError) as said:
        await GetChatbotForAdmin(world.store.directory)(GetChatbot(person=asking, chatbot_id=CHATBOT), call())
    assert said.value.code == "forbidden"


async def test_another_accounts_chatbot_is_not_there(world: World) -> None:
    stranger = person("eve", role="admin", account_id="other")
    with pytest.raises(DomainError) as said:
        await GetChatbotForAdmin(world.store.directory)(
            GetChatbot(person=stranger, chatbot_id=CHATBOT), call(account_id="other")
        )
    assert said.value.code == "not_found"
