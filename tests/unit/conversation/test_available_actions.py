"""What is offered is what is accepted: over all statuses, callers, assignees and tickets, by doing it."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import ContactView, HandOffConversation, PostReply, RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.organising import LabelConversation, SetPriority
from libs.contracts.snoozing import SnoozeConversation, UnsnoozeConversation
from libs.contracts.suggestions import ApproveSuggestion, RejectSuggestion, SuggestionView
from libs.contracts.vocabulary import ActorKind, HandoffReason, Priority, Role, Status
from libs.contracts.workflow import AssignConversation, MoveConversation, TransferConversation
from services.conversation.domain.policy import OFFERED, available_actions
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.approve_suggestion import ApproveAsReply
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.label_conversation import label_conversation
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.reject_suggestion import reject_suggestion
from services.conversation.use_cases.set_priority import set_priority
from services.conversation.use_cases.snooze_conversation import snooze_conversation
from services.conversation.use_cases.transfer_conversation import transfer_conversation
from services.conversation.use_cases.wake_conversation import unsnooze_conversation
from tests.unit.conversation.conftest import World, furnished
from tests.unit.conversation.making import ADMIN, agent, moment, person

CALLERS = {
    "of the department": agent("ana", "IT"),
    "of another": agent("eve", "HR"),
    "admin": ADMIN,
    "requester": Actor(kind=ActorKind.USER, id="uma", role=Role.USER),
    "another user": Actor(kind=ActorKind.USER, id="sam", role=Role.USER),
    "contact": Actor(kind=ActorKind.CONTACT, id="77"),
    "api key": Actor(kind=ActorKind.API_KEY, id="key"),
}
#: Looked at elsewhere: what they need beside the conversation is not of these states.
ELSEWHERE = {"add_note", "schedule_reply", "merge"}

STATES = st.fixed_dictionaries(
    {
        "status": st.sampled_from(list(Status)),
        "status_before_archive": st.sampled_from([one for one in Status if one is not Status.ARCHIVED]),
        "assignee_id": st.sampled_from([None, "ana", "eve"]),
        "department": st.sampled_from([None, "IT", "HR"]),
        "requester_id": st.sampled_from([None, "uma"]),
        "suggested": st.booleans(),
        "snoozed": st.booleans(),
    }
)


async def arranged(state: dict[str, Any]) -> World:
    """One conversation in that state, with people around it."""
    world = await furnished(World())
    for one in (person("eve", "HR"), person("ada", role="admin")):
        await world.do(register_person, RegisterPerson(actor=SYSTEM, person=one))
    await world.says()
    parts = dict(state)
    snoozed, suggested = parts.pop("snoozed"), parts.pop("suggested")
    if parts["status"] is not Status.ARCHIVED:
        parts["status_before_archive"] = None
    if snoozed:
        parts["snoozed_until"] = moment(5_000)
    if suggested:
        parts["suggestion"] = SuggestionView(
            id="s1",
            conversation_id=world.conversation().id,
            message_id="m1",
            body="Turn it off and on.",
            confidence=0.5,
            created_at=moment(),
        )
    world.change(question=None, contact=ContactView(id="77", name="Mira"), **parts)
    return world


def attempts(world: World, actor: Actor) -> dict[str, tuple[Any, Any]]:
    """Each action with a command that makes a difference."""
    one = world.conversation()
    about: dict[str, Any] = {"actor": actor, "conversation_id": one.id}
    handed = HandOffConversation(**about, reason=HandoffReason.REQUESTED_BY_AGENT)
    able = "eve" if one.department == "HR" else "ana"
    assignee = None if one.assignee_id == able else able
    elsewhere = "HR" if one.department == "IT" else "IT"
    return {
        "post_reply": (PostReplyToContact(world.new_id), PostReply(**about, content="hello")),
        **{
            str(command): (Move(command, action), MoveConversation(**about))
            for command, action in OFFERED.items()
            if command is not StatusCommand.HAND_OFF
        },
        str(StatusCommand.HAND_OFF): (HandOff(world.new_id), handed),
        "assign": (assign_conversation, AssignConversation(**about, agent_id=assignee)),
        "transfer": (transfer_conversation, TransferConversation(**about, department=elsewhere)),
        "approve_suggestion": (
            ApproveAsReply(world.new_id),
            ApproveSuggestion(**about, suggestion_id="s1"),
        ),
        "reject_suggestion": (reject_suggestion, RejectSuggestion(**about, suggestion_id="s1")),
        "label": (label_conversation, LabelConversation(**about, add=("vip",))),
        "set_priority": (set_priority, SetPriority(**about, priority=Priority.HIGH)),
        "snooze": (snooze_conversation, SnoozeConversation(**about, until=moment(9_000))),
        "unsnooze": (unsnooze_conversation, UnsnoozeConversation(**about)),
    }


@given(state=STATES, caller=st.sampled_from(sorted(CALLERS)))
@settings(max_examples=50, deadline=None)
async def test_what_is_offered_is_what_is_accepted(state: dict[str, Any], caller: str) -> None:
    actor = CALLERS[caller]
    world = await arranged(state)
    offered = set(available_actions(world.conversation(), actor)) - ELSEWHERE
    accepted = set()
    for name in attempts(world, actor):
        fresh = deepcopy(world)
        version = fresh.conversation().version
        use_case, command = attempts(fresh, actor)[name]
        try:
            await fresh.do(use_case, command, 100)
        except DomainError:
            continue
        if fresh.conversation().version != version:
            accepted.add(name)
    assert offered == accepted
