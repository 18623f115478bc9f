"""The routes of chatbots, over fakes."""

import pytest

from libs.contracts.chatbots import (
    ChatbotView,
    CreateChatbot,
    DeleteChatbot,
    GetChatbot,
    ListChatbots,
    UpdateChatbot,
)
from libs.contracts.vocabulary import BotMode
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT
from tests.unit.gateway.test_departments import ADA

DESK = ChatbotView(id="desk", name="Desk", mode=BotMode.SUGGEST, handoff_keywords=("lawyer",))
SHOWN = DESK.model_dump(mode="json")
BODY = {"name": "Desk", "mode": "suggest", "handoff_keywords": ["lawyer"]}


async def test_an_administrator_reads_chatbots(site: Site) -> None:
    headers = site.bearer(ADA)
    site.queries.result = {"items": [SHOWN], "next_cursor": None}
    listed = await site.client.get("/api/v1/chatbots?page_size=5", headers=headers)
    assert (listed.status_code, listed.json()) == (200, site.queries.result)
    site.queries.result = SHOWN
    one = await site.client.get("/api/v1/chatbots/desk", headers=headers)
    assert (one.status_code, one.json()) == (200, SHOWN)
    assert site.queries.asked == [
        (ACCOUNT, ListChatbots(person=ADA, page_size=5)),
        (ACCOUNT, GetChatbot(person=ADA, chatbot_id="desk")),
    ]


async def test_an_administrator_changes_chatbots_and_a_repeat_names_the_same_one(site: Site) -> None:
    site.commands.result = SHOWN
    headers = site.bearer(ADA)
    once = headers | {"Idempotency-Key": "k1"}
    for _ in range(2):
        made = await site.client.post("/api/v1/chatbots", json=BODY, headers=once)
        assert (made.status_code, made.json()) == (201, SHOWN)
    await site.client.post("/api/v1/chatbots", json=BODY, headers=headers)
    change = {"mode": "off", "department": None}
    changed = await site.client.patch("/api/v1/chatbots/desk", json=change, headers=headers)
    removed = await site.client.delete("/api/v1/chatbots/desk", headers=headers)
    assert (changed.status_code, removed.status_code) == (200, 200)
    first, second, update, delete = (command for _, command in site.commands.carried_out)
    assert isinstance(first, CreateChatbot)
    assert first.chatbot == DESK.model_copy(update={"id": first.chatbot.id})
    assert isinstance(second, CreateChatbot)
    assert second.chatbot.id != first.chatbot.id
    assert isinstance(update, UpdateChatbot)
    assert (update.mode, update.cleared, update.name) == (BotMode.OFF, ("department",), None)
    assert isinstance(delete, DeleteChatbot)
    assert delete.chatbot_id == "desk"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": " "},
        {"name": "x", "mode": "loud"},
        {"name": "x", "mode": 1},
        {"name": "x", "handoff_keywords": "lawyer"},
        {"name": "x", "handoff_keywords": [" "]},
        {"name": "x", "instructions": "x" * 16_385},
        {"name": "x", "id": "mine"},
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, body: dict[str, object]) -> None:
    answer = await site.client.post("/api/v1/chatbots", json=body, headers=site.bearer(ADA))
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_chatbots_are_not_for_agents(site: Site) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/x"), ("PATCH", "/x"), ("DELETE", "/x")):
        answer = await site.client.request(
            method, f"/api/v1/chatbots{path}", json=BODY, headers=site.bearer()
        )
        assert answer.status_code == 403
