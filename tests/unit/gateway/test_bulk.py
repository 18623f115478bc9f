"""One thing done with many conversations: each with a result of its own, none twice."""

import asyncio
from typing import Any

import pytest

from libs.contracts.api_keys import Scope
from libs.contracts.base import Command
from libs.contracts.errors import DomainError, ErrorCode, ParleyError, PermanentError, TransientError
from libs.contracts.messages import WriteToContact
from libs.contracts.organising import LabelConversation
from libs.contracts.workflow import ArchiveConversation, AssignConversation, CloseConversation
from libs.runtime.ids import derived_id
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.bulk_commands import AT_ONCE, BulkCommands, PartlyDoneError
from services.gateway.use_cases.run_command import RunCommand
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ANA, REQUESTER, WHEN, conversation, message, view
from tests.unit.gateway.test_api_keys import bearing, make_key

ADDRESS = "/api/v1/conversations/bulk"
ONE = conversation()
CALLER = PersonCaller(ANA, WHEN)


class Scripted:
    """Answers by conversation; counts how many are on their way."""

    def __init__(self, **errors: ParleyError) -> None:
        self.errors = errors
        self.ids: list[str] = []
        self.seconds = 0.0
        self.under_way = self.most_under_way = 0

    async def carry_out(
        self,
        command: Command,  # noqa: ARG002 - the port's
        *,
        conversation_id: str,
        id: str,  # noqa: A002 - the port's
        **_: Any,
    ) -> dict[str, Any]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.ids.append(id)
        self.seconds += 1
        if conversation_id in self.errors:
            raise self.errors[conversation_id]
        return {"id": conversation_id}

    def bulk(self, seconds: float = 1000.0) -> BulkCommands:
        run = RunCommand(self)  # type: ignore[arg-type]
        return BulkCommands(run, derive_id=derived_id, clock=lambda: self.seconds, seconds=seconds)


def archive(conversation_id: str) -> Command:
    return ArchiveConversation(actor=CALLER.actor(), conversation_id=conversation_id)


async def test_each_has_its_own_result_in_the_order_asked() -> None:
    refusal = DomainError(ErrorCode.INVALID_TRANSITION, "no way")
    scripted = Scripted(b=refusal, c=PermanentError("secret", "inner workings"))
    result = await scripted.bulk()(CALLER, ["a", "b", "c", "d", "a"], archive, command_id="x")
    shown = [(item.conversation_id, item.done, item.code) for item in result.items]
    assert shown == [
        ("a", True, None),
        ("b", False, "invalid_transition"),
        ("c", False, "internal"),
        ("d", True, None),
    ]
    assert (result.done, result.failed) == (2, 2)
    assert "inner" not in str(result)


async def test_a_repeat_has_the_same_command_ids() -> None:
    scripted = Scripted()
    for _ in range(2):
        await scripted.bulk()(CALLER, ["a", "b"], archive, command_id="x")
    await scripted.bulk()(CALLER, ["a", "b"], archive, command_id="y")
    first, second, other = scripted.ids[:2], scripted.ids[2:4], scripted.ids[4:]
    assert sorted(first) == sorted(second)
    assert not set(first) & set(other)
    assert len(set(first)) == 2


async def test_only_so_many_are_on_their_way_at_once() -> None:
    scripted = Scripted()
    await scripted.bulk()(CALLER, [str(number) for number in range(50)], archive, command_id="x")
    assert scripted.most_under_way == AT_ONCE


async def test_a_passing_failure_is_no_last_word() -> None:
    scripted = Scripted(b=TransientError(ErrorCode.OUTCOME_UNKNOWN, "no answer in time"))
    with pytest.raises(PartlyDoneError) as partly:
        await scripted.bulk()(CALLER, ["a", "b"], archive, command_id="x")
    assert [item.code for item in partly.value.result.items] == [None, "outcome_unknown"]


async def test_nothing_is_begun_when_the_time_is_over() -> None:
    scripted = Scripted()
    with pytest.raises(PartlyDoneError) as partly:
        await scripted.bulk(5)(CALLER, [str(number) for number in range(40)], archive, command_id="x")
    result = partly.value.result
    assert 5 < result.done < 40
    assert {item.code for item in result.items if not item.done} == {"unavailable"}
    assert len(scripted.ids) == result.done


@pytest.mark.parametrize(
    ("body", "kind", "fields"),
    [
        ({"action": "archive", "reason": "old"}, ArchiveConversation, {"reason": "old"}),
        ({"action": "close"}, CloseConversation, {"reason": None}),
        ({"action": "assign", "agent_id": None}, AssignConversation, {"agent_id": None}),
        (
            {"action": "label", "add": ["vip"], "remove": ["new"]},
            LabelConversation,
            {"add": ("vip",), "remove": ("new",)},
        ),
    ],
)
async def test_every_action_is_a_command_a_conversation(
    site: Site, body: dict[str, Any], kind: type[Command], fields: dict[str, Any]
) -> None:
    site.commands.result = view(ONE).model_dump(mode="json")
    body = body | {"conversation_ids": [ONE.id, "other"]}
    answer = await site.client.post(ADDRESS, json=body, headers=site.bearer())
    assert answer.status_code == 200
    assert answer.json()["items"][0] == {
        "conversation_id": ONE.id,
        "done": True,
        "code": None,
        "detail": None,
        "message_id": None,
    }
    assert answer.json()["done"] == 2
    for (_, command), one in zip(site.commands.carried_out, body["conversation_ids"], strict=True):
        expected = kind.model_validate({"actor": CALLER.actor(), "conversation_id": one, **fields})
        assert command == expected


async def test_a_reply_answers_with_its_messages(site: Site) -> None:
    site.commands.result = message(ONE, 1).model_dump(mode="json")
    body = {"action": "reply", "body": "Hello", "conversation_ids": [ONE.id]}
    answer = await site.client.post(ADDRESS, json=body, headers=site.bearer())
    assert answer.json()["items"][0]["message_id"] == "message-1"
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, WriteToContact)
    assert command.content == "Hello"


async def test_the_same_key_gives_the_same_answer_and_after_a_passing_failure_goes_on(site: Site) -> None:
    body = {"action": "archive", "conversation_ids": [ONE.id]}
    headers = site.bearer(**{"Idempotency-Key": "k"})
    site.commands.error = TransientError(ErrorCode.UNAVAILABLE, "away")
    answer = await site.client.post(ADDRESS, json=body, headers=headers)
    assert (answer.status_code, answer.json()["items"][0]["code"]) == (200, "unavailable")
    site.commands.error, site.commands.result = None, view(ONE).model_dump(mode="json")
    answer = await site.client.post(ADDRESS, json=body, headers=headers)
    assert (answer.status_code, answer.json()["done"]) == (200, 1)
    again = await site.client.post(ADDRESS, json=body, headers=headers)
    assert again.json() == answer.json()
    assert len(site.commands.carried_out) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"action": "archive", "conversation_ids": []},
        {"action": "archive", "conversation_ids": [str(number) for number in range(101)]},
        {"action": "explode", "conversation_ids": ["a"]},
        {"conversation_ids": ["a"]},
        {"action": "assign", "conversation_ids": ["a"]},
        {"action": "reply", "conversation_ids": ["a"], "body": " "},
        {"action": "archive", "conversation_ids": ["a"], "body": "x"},
        {"action": "label", "conversation_ids": ["a"], "add": ["x" * 65]},
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, body: dict[str, Any]) -> None:
    answer = await site.client.post(ADDRESS, json=body, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_it_is_for_the_team(site: Site) -> None:
    body = {"action": "archive", "conversation_ids": ["a"]}
    assert (await site.client.post(ADDRESS, json=body, headers=site.bearer(REQUESTER))).status_code == 403


async def test_a_key_that_may_archive_may_not_reply_by_that(site: Site) -> None:
    site.commands.result = message(ONE, 1).model_dump(mode="json")
    body = {"action": "reply", "body": "Hello", "conversation_ids": [ONE.id]}
    manage = await make_key(site, Scope.CONVERSATIONS_MANAGE)
    answer = await site.client.post(ADDRESS, json=body, headers=bearing(manage))
    assert (answer.status_code, site.commands.carried_out) == (403, [])
    both = await make_key(site, Scope.CONVERSATIONS_MANAGE, Scope.CONVERSATIONS_WRITE)
    answer = await site.client.post(ADDRESS, json=body, headers=bearing(both))
    assert answer.json()["done"] == 1
