"""Suggestions: asked for, recorded, decided on."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import HandOffConversation, MessageView, RegisterChatbot
from libs.contracts.delivery import ReplyFailed
from libs.contracts.errors import DomainError
from libs.contracts.improving import GetChatbotProfile
from libs.contracts.inbound import RecordReceipt
from libs.contracts.messages import GetMessage, WriteToContact
from libs.contracts.suggestions import (
    ApproveSuggestion,
    DraftReply,
    GetSuggestion,
    RecordSuggestion,
    RegenerateSuggestion,
    RejectSuggestion,
    SuggestionStatus,
    SuggestionView,
    Wishes,
)
from libs.contracts.vocabulary import HandoffReason, MessageKind, ReceiptKind, Status
from services.conversation.domain.erasing import erase
from services.conversation.domain.policy import available_actions
from services.conversation.use_cases.approve_suggestion import ApproveAsReply
from services.conversation.use_cases.get_chatbot_profile import GetChatbotProfileOfConversation
from services.conversation.use_cases.get_message import GetMessageOfConversation
from services.conversation.use_cases.get_suggestion import GetSuggestionOfConversation
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.record_receipt import record_receipt
from services.conversation.use_cases.record_suggestion import record_suggestion
from services.conversation.use_cases.regenerate_suggestion import Regenerate
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.reject_suggestion import reject_suggestion
from services.conversation.use_cases.write_to_contact import WriteAsPerson
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, AI, CHATBOT, agent, call, moment, person

ANA, EVE = agent("ana", "IT"), agent("eve", "HR")


async def bot(world: World, mode: str, **parts: Any) -> None:
    command = RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", mode=mode, **parts)
    await world.do(register_chatbot, command)


def requests(world: World) -> list[DraftReply]:
    return [sent.command for sent in world.store.records.sent if isinstance(sent.command, DraftReply)]


async def proposes(
    world: World, body: str = "Two days.", request: DraftReply | None = None
) -> SuggestionView:
    """The AI answers its newest request."""
    asked = request or requests(world)[-1]
    command = RecordSuggestion(
        actor=AI,
        conversation_id=world.conversation().id,
        request_id=asked.request_id,
        message_id=asked.message_id,
        body=body,
        confidence=0.7,
    )
    found = await world.do(record_suggestion, command, 2)
    assert isinstance(found, SuggestionView)
    return found


@pytest.fixture
async def suggesting(world: World) -> World:
    """A bot that suggests, and a question with a suggestion."""
    await bot(world, "suggest")
    await world.says("how long?", 1)
    await proposes(world)
    return world


async def code_of(world: World, use_case: Any, command: Any) -> str:
    before = world.event_types()
    with pytest.raises(DomainError) as refused:
        await world.do(use_case, command, 9)
    assert world.event_types() == before
    return refused.value.code


def approve(world: World, **parts: Any) -> ApproveSuggestion:
    suggestion = world.conversation().suggestion
    given = {"actor": ANA, "suggestion_id": suggestion.id if suggestion else "none"}
    return ApproveSuggestion(conversation_id=world.conversation().id, **(given | parts))


async def test_each_message_gets_a_suggestion_where_the_bot_suggests(suggesting: World) -> None:
    (asked,) = requests(suggesting)
    assert [turn.text for turn in asked.turns] == ["how long?"]
    found = suggesting.conversation().suggestion
    assert found is not None
    assert (found.id, found.body, found.status) == (asked.request_id, "Two days.", SuggestionStatus.PENDING)
    assert suggesting.event_types()[-1] == "suggestion_recorded"
    assert {"approve_suggestion", "reject_suggestion"} <= set(
        available_actions(suggesting.conversation(), ANA)
    )


async def test_while_people_answer_only_a_bot_that_is_told_to_suggests(world: World) -> None:
    await world.says("hello", 1)
    hand_off = HandOffConversation(
        actor=ANA, conversation_id=world.conversation().id, reason=HandoffReason.REQUESTED_BY_AGENT
    )
    await world.do(HandOff(world.new_id), hand_off, 2)
    await world.says("anybody?", 3)
    assert requests(world) == []
    await bot(world, "answer", auto_suggest=True)
    await world.says("hello?", 4)
    assert len(requests(world)) == 1
    await world.says("", 5, kind=MessageKind.REACTION)
    await world.says("auto", 6, expects_answer=False)
    assert len(requests(world)) == 1


async def test_a_newer_message_supersedes_what_was_proposed_and_what_is_being_drafted(
    suggesting: World,
) -> None:
    first = suggesting.conversation().suggestion
    await suggesting.says("and to Norway?", 3)
    assert suggesting.conversation().suggestion is None
    assert first is not None
    kept = suggesting.store.records.suggestions[ACCOUNT, first.id]
    assert kept.status is SuggestionStatus.SUPERSEDED
    late = requests(suggesting)[0]
    with pytest.raises(DomainError) as refused:
        await proposes(suggesting, request=late)
    assert refused.value.code == "stale_answer"
    await proposes(suggesting, "Five days.")
    assert suggesting.conversation().suggestion is not None


async def test_it_is_sent_as_it_is_and_approved(suggesting: World) -> None:
    command = approve(suggesting)
    view = await suggesting.do(ApproveAsReply(suggesting.new_id), command, 3)
    assert isinstance(view, MessageView)
    assert (view.content, view.sender.id) == ("Two days.", "ana")
    conversation = suggesting.conversation()
    assert (conversation.status, conversation.suggestion) == (Status.ACTIVE, None)
    kept = suggesting.store.records.suggestions[ACCOUNT, command.suggestion_id]
    assert (kept.status, kept.sent_as, kept.decided_by, kept.decided_at) == (
        SuggestionStatus.APPROVED,
        view.id,
        "ana",
        moment(3),
    )
    assert await code_of(suggesting, ApproveAsReply(suggesting.new_id), command) == "suggestion_not_pending"


async def test_a_changed_one_is_edited_and_the_change_is_told(suggesting: World) -> None:
    command = approve(suggesting, edited_body="Two days, Mira.")
    view = await suggesting.do(ApproveAsReply(suggesting.new_id), command, 3)
    assert (view.content, view.citations) == ("Two days, Mira.", ())
    event = suggesting.store.records.events[-1]
    assert (event.type, event.data["body"]) == ("conversation.suggestion_edited.v1", "Two days, Mira.")
    blank = approve(suggesting, suggestion_id=command.suggestion_id, edited_body=" ")
    assert await code_of(suggesting, ApproveAsReply(suggesting.new_id), blank) == "suggestion_not_pending"


async def test_a_blank_text_is_not_sent(suggesting: World) -> None:
    command = approve(suggesting, edited_body="  ")
    assert await code_of(suggesting, ApproveAsReply(suggesting.new_id), command) == "invalid"


async def test_where_it_is_settled_nothing_is_sent(suggesting: World) -> None:
    suggesting.change(status=Status.CLOSED)
    assert (
        await code_of(suggesting, ApproveAsReply(suggesting.new_id), approve(suggesting)) == "not_handed_off"
    )
    actions = available_actions(suggesting.conversation(), ANA)
    assert "approve_suggestion" not in actions
    assert "reject_suggestion" in actions


async def test_a_refused_message_makes_its_suggestion_pending_again(suggesting: World) -> None:
    command = approve(suggesting)
    view = await suggesting.do(ApproveAsReply(suggesting.new_id), command, 3)

    def failed() -> ReplyFailed:
        return ReplyFailed(
            actor=SYSTEM,
            occurred_at=moment(4),
            conversation_id=suggesting.conversation().id,
            message_id=view.id,
            attempts=1,
            code="blocked",
        )

    await suggesting.do(record_delivery, failed(), 4)
    again = suggesting.conversation().suggestion
    assert again is not None
    assert (again.id, again.status, again.sent_as) == (command.suggestion_id, SuggestionStatus.PENDING, None)
    assert suggesting.event_types()[-1] == "suggestion_returned"


async def test_a_suggestion_that_comes_back_after_it_was_accepted_is_pending_again(suggesting: World) -> None:
    command = approve(suggesting)
    view = await suggesting.do(ApproveAsReply(suggesting.new_id), command, 3)
    receipt = RecordReceipt(
        actor=SYSTEM,
        conversation_id=view.conversation_id,
        message_id=view.id,
        external_id="guid",
        kind=ReceiptKind.BOUNCED,
    )
    await suggesting.do(record_receipt, receipt, 4)
    again = suggesting.conversation().suggestion
    assert again is not None
    assert (again.id, again.status) == (command.suggestion_id, SuggestionStatus.PENDING)


async def test_something_newer_stays_when_an_older_one_is_refused(suggesting: World) -> None:
    view = await suggesting.do(ApproveAsReply(suggesting.new_id), approve(suggesting), 3)
    await suggesting.says("and to Norway?", 4)
    newer = await proposes(suggesting, "Five days.")
    failed = ReplyFailed(
        actor=SYSTEM,
        occurred_at=moment(5),
        conversation_id=suggesting.conversation().id,
        message_id=view.id,
        attempts=1,
        code="blocked",
    )
    await suggesting.do(record_delivery, failed, 5)
    assert suggesting.conversation().suggestion == newer


async def test_a_rejected_one_keeps_the_reason(suggesting: World) -> None:
    suggestion = suggesting.conversation().suggestion
    assert suggestion is not None
    command = RejectSuggestion(
        actor=ANA, conversation_id=suggesting.conversation().id, suggestion_id=suggestion.id, reason="wrong"
    )
    view = await suggesting.do(reject_suggestion, command, 3)
    assert (view.status, view.reason) == (SuggestionStatus.REJECTED, "wrong")
    assert await code_of(suggesting, reject_suggestion, command) == "suggestion_not_pending"


async def test_another_one_is_asked_for_with_wishes(suggesting: World) -> None:
    asked = requests(suggesting)[-1]
    command = RegenerateSuggestion(
        actor=ANA,
        conversation_id=suggesting.conversation().id,
        message_id=asked.message_id,
        wishes=Wishes(tone="friendly"),
    )
    answer = await suggesting.do(Regenerate(suggesting.new_id), command, 3)
    again = requests(suggesting)[-1]
    assert (again.request_id, again.avoid, again.wishes.tone) == (answer.request_id, "Two days.", "friendly")
    assert suggesting.event_types()[-1] == "suggestion_superseded"
    ghost = command.model_copy(update={"message_id": "ghost"})
    assert await code_of(suggesting, Regenerate(suggesting.new_id), ghost) == "not_found"


async def test_writing_takes_over_where_the_ai_answers(world: World) -> None:
    await world.says("hello", 1)
    command = WriteToContact(actor=ANA, conversation_id=world.conversation().id, content="Hi, Ana here.")
    view = await world.do(WriteAsPerson(world.new_id), command, 2)
    conversation = world.conversation()
    assert (conversation.status, conversation.assignee_id, conversation.handoff_reason) == (
        Status.HANDED_OFF,
        "ana",
        "agent_took_over",
    )
    assert view.content == "Hi, Ana here."
    assert conversation.handoff_epoch == 1


async def test_what_a_chatbot_that_is_gone_was_asked_is_refused(suggesting: World) -> None:
    asked = requests(suggesting)[-1]
    suggesting.store.records.chatbots.clear()
    assert await code_of(suggesting, ApproveAsReply(suggesting.new_id), approve(suggesting)) == "not_found"
    again = RegenerateSuggestion(
        actor=ANA, conversation_id=suggesting.conversation().id, message_id=asked.message_id
    )
    assert await code_of(suggesting, Regenerate(suggesting.new_id), again) == "not_found"


class TestQueries:
    async def test_the_pending_one_and_a_decided_one_are_found(self, suggesting: World) -> None:
        reads = suggesting.store.conversations
        ask = GetSuggestionOfConversation(reads, reads)
        identity: dict[str, Any] = {
            "person": person("ana", "IT"),
            "conversation_id": suggesting.conversation().id,
        }
        pending = await ask(GetSuggestion(**identity), call())
        assert pending == suggesting.conversation().suggestion
        await suggesting.do(ApproveAsReply(suggesting.new_id), approve(suggesting), 3)
        decided = await ask(GetSuggestion(**identity, suggestion_id=pending.id), call())
        assert decided.status is SuggestionStatus.APPROVED
        for query in (
            GetSuggestion(**identity),
            GetSuggestion(**identity, suggestion_id="ghost"),
            GetSuggestion(**(identity | {"conversation_id": "ghost-0001"})),
        ):
            with pytest.raises(DomainError) as refused:
                await ask(query, call())
            assert refused.value.code == "not_found"

    async def test_what_the_ai_knows_of_the_chatbot_is_told_for_those_who_may_ask_it(
        self, suggesting: World
    ) -> None:
        ask = GetChatbotProfileOfConversation(suggesting.store.conversations, suggesting.store.directory)
        one = suggesting.conversation()
        query = GetChatbotProfile(person=person("ana", "IT"), conversation_id=one.id)
        profile = await ask(query, call())
        chatbot = await suggesting.store.directory.chatbot(ACCOUNT, one.chatbot_id)
        assert chatbot is not None
        assert (profile.id, profile.instructions) == (chatbot.id, chatbot.instructions)
        suggesting.store.records.chatbots.clear()
        assert (await ask(query, call())).name == one.chatbot_name
        with pytest.raises(DomainError, match="conversation"):
            await ask(query.model_copy(update={"conversation_id": "ghost-0001"}), call())

    async def test_a_message_is_found_by_those_who_see_its_conversation(self, suggesting: World) -> None:
        suggesting.change(department="IT")
        view = await suggesting.do(ApproveAsReply(suggesting.new_id), approve(suggesting), 3)
        reads = suggesting.store.conversations
        ask = GetMessageOfConversation(reads, reads)
        identity: dict[str, Any] = {
            "conversation_id": suggesting.conversation().id,
            "message_id": view.id,
        }
        assert await ask(GetMessage(person=person("ana", "IT"), **identity), call()) == view
        for query in (
            GetMessage(person=person("eve", "HR"), **identity),
            GetMessage(person=person("ana", "IT"), **(identity | {"message_id": "ghost"})),
            GetMessage(person=person("ana", "IT"), **(identity | {"conversation_id": "ghost-0001"})),
        ):
            with pytest.raises(DomainError) as refused:
                await ask(query, call())
            assert refused.value.code == "not_found"


async def test_nothing_of_a_suggestion_is_left_when_its_contact_is_erased(suggesting: World) -> None:
    await suggesting.says("and to Norway?", 3)
    conversation = suggesting.conversation()
    conversation.suggestion = next(iter(suggesting.store.records.suggestions.values()))
    erase(conversation, SYSTEM, moment(4), "erasure-1")
    assert (conversation.suggestion, conversation.drafting) == (None, None)
