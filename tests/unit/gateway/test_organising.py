"""The routes by which conversations are kept in order, over fakes."""

from typing import Any

import pytest

from libs.contracts.merging import MergeConversations
from libs.contracts.organising import LabelConversation, SetPriority
from libs.contracts.vocabulary import Priority
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import REQUESTER, conversation, view

CONVERSATION = conversation()
SHOWN = view(CONVERSATION).model_dump(mode="json")
ADDRESS = f"/api/v1/conversations/{CONVERSATION.id}"


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("PUT", "labels", {"labels": ["VIP", "a/b"]}, {"add": ("VIP", "a/b"), "replace": True}),
        ("POST", "labels", {"labels": ["VIP"]}, {"add": ("VIP",)}),
        ("DELETE", "labels/a%2Fb%20c", None, {"remove": ("a/b c",)}),
    ],
)
async def test_labels(site: Site, method: str, path: str, body: Any, expected: dict[str, Any]) -> None:
    site.commands.result = SHOWN
    answer = await site.client.request(method, f"{ADDRESS}/{path}", json=body, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, LabelConversation)
    assert command == LabelConversation(actor=command.actor, conversation_id=CONVERSATION.id, **expected)


async def test_priority(site: Site) -> None:
    site.commands.result = SHOWN
    answer = await site.client.put(f"{ADDRESS}/priority", json={"priority": "high"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, SetPriority)
    assert command.priority is Priority.HIGH


async def test_a_conversation_becomes_part_of_another(site: Site) -> None:
    site.commands.result = SHOWN
    answer = await site.client.post(f"{ADDRESS}/merge", json={"into": "c2"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, SHOWN)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, MergeConversations)
    assert (command.conversation_id, command.into_conversation_id) == (CONVERSATION.id, "c2")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("labels", {"labels": ["x" * 65]}),
        ("labels", {"labels": [""]}),
        ("labels", {"labels": [str(number) for number in range(21)]}),
        ("labels", {"labels": "vip"}),
        ("labels", {"labels": [], "color": "red"}),
        ("priority", {"priority": "very"}),
        ("priority", {}),
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, path: str, body: Any) -> None:
    answer = await site.client.put(f"{ADDRESS}/{path}", json=body, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_requesters_organise_nothing(site: Site) -> None:
    for path in ("labels", "priority"):
        answer = await site.client.put(f"{ADDRESS}/{path}", json={}, headers=site.bearer(REQUESTER))
        assert answer.status_code == 403
