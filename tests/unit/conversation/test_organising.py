"""Labels and priority: noted by people for themselves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import MOST_LABELS, PostBotReply
from libs.contracts.errors import DomainError
from libs.contracts.organising import LabelConversation, SetPriority
from libs.contracts.vocabulary import Priority, Status
from services.conversation.domain.erasing import erase
from services.conversation.domain.organising import LONGEST_LABEL, label_of
from services.conversation.use_cases.label_conversation import label_conversation
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.set_priority import set_priority
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import AI, CONTACT, agent, moment

ANA = agent("ana", "IT")


@pytest.fixture
async def asked(world: World) -> World:
    """A conversation in which the AI owes an answer."""
    await world.says("hello", 1)
    return world


async def label(world: World, *add: str, actor: Actor = ANA, **parts: Any) -> Any:
    command = LabelConversation(actor=actor, conversation_id=world.conversation().id, add=add, **parts)
    return await world.do(label_conversation, command, 5)


async def prioritise(world: World, priority: Priority, actor: Actor = ANA) -> Any:
    command = SetPriority(actor=actor, conversation_id=world.conversation().id, priority=priority)
    return await world.do(set_priority, command, 5)


@given(st.text(max_size=80))
def test_a_label_is_kept_in_one_form_or_refused(text: str) -> None:
    try:
        label = label_of(text)
    except DomainError:
        return
    assert label_of(label) == label
    assert 0 < len(label) <= LONGEST_LABEL
    assert label == " ".join(label.split())
    assert label.isprintable()


@pytest.mark.parametrize(
    ("text", "label"),
    [("  VIP   Customer ", "vip customer"), ("Cafe\u0301", "café"), ("Straße", "strasse"), ("a", "a")],
)
def test_case_spaces_and_composition_do_not_count(text: str, label: str) -> None:
    assert label_of(text) == label


@pytest.mark.parametrize("text", ["", " \t ", "x" * 65, "a\0b", "a\u202eb"])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="a label is"):
        label_of(text)


async def test_labels_are_put_on_taken_off_and_replaced(asked: World) -> None:
    before = asked.conversation()
    view = await label(asked, "VIP", " refund ", "vip")
    assert view.labels == ("refund", "vip")
    assert (view.version, view.updated_at) == (before.version + 1, before.updated_at)
    assert (await label(asked, "new", remove=("Refund", "absent"))).labels == ("new", "vip")
    assert (await label(asked, "only", replace=True)).labels == ("only",)
    assert (await label(asked, replace=True)).labels == ()
    told = [one.message() for one in asked.store.records.events][-4:]
    changes: list[Any] = [(one.labels, one.added_labels, one.removed_labels) for one in told]  # type: ignore[attr-defined]
    assert changes[:3] == [
        (("refund", "vip"), ("refund", "vip"), ()),
        (("new", "vip"), ("new",), ("refund",)),
        (("only",), ("only",), ("new", "vip")),
    ]


async def test_labelled_so_already_changes_nothing(asked: World) -> None:
    await label(asked, "vip")
    before, events = asked.conversation(), asked.event_types()
    assert (await label(asked, "VIP", remove=("other",))).labels == ("vip",)
    assert (asked.conversation(), asked.event_types()) == (before, events)


async def test_there_is_a_most(asked: World) -> None:
    await label(asked, *(f"label {number}" for number in range(MOST_LABELS)))
    with pytest.raises(DomainError) as refused:
        await label(asked, "one more")
    assert refused.value.code == "invalid"
    assert "one more" in (await label(asked, "one more", remove=("label 0",))).labels


async def test_a_priority_is_set_and_told_once(asked: World) -> None:
    view = await prioritise(asked, Priority.URGENT)
    assert view.priority is Priority.URGENT
    await prioritise(asked, Priority.URGENT)
    assert asked.event_types().count("priority_changed") == 1
    assert (await prioritise(asked, Priority.NONE)).priority is Priority.NONE


async def test_neither_makes_an_answer_stale(asked: World) -> None:
    question = asked.conversation().question
    assert question is not None
    await label(asked, "vip")
    await prioritise(asked, Priority.LOW)
    answer = PostBotReply(
        actor=AI,
        conversation_id=asked.conversation().id,
        handoff_epoch=question.handoff_epoch,
        answers_message_id=question.message_id,
        content="Hello!",
    )
    assert (await asked.do(PostAnswer(asked.new_id), answer, 6)).content == "Hello!"


@pytest.mark.parametrize("status", list(Status))
async def test_it_is_possible_whatever_became_of_the_conversation(asked: World, status: Status) -> None:
    asked.change(status=status, status_before_archive=Status.ACTIVE)
    view = await label(asked, "vip")
    assert {"label", "set_priority"} <= set(view.available_actions)
    assert (view.status, view.labels) == (status, ("vip",))


@pytest.mark.parametrize(
    ("actor", "code"), [(CONTACT, "forbidden"), (AI, "forbidden"), (agent("eve", "HR"), "not_found")]
)
async def test_it_is_for_agents_who_may_see_it(asked: World, actor: Actor, code: str) -> None:
    asked.change(department="IT")
    for attempt in (label(asked, "vip", actor=actor), prioritise(asked, Priority.LOW, actor)):
        with pytest.raises(DomainError) as refused:
            await attempt
        assert refused.value.code == code


async def test_an_erased_conversation_has_no_labels(asked: World) -> None:
    await label(asked, "mira's boiler")
    shell = asked.conversation()
    erase(shell, SYSTEM, moment(9), "erasure")
    assert shell.labels == ()
