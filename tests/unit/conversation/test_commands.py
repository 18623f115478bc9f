"""The other commands, each through its use case."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import (
    AcknowledgeMessage,
    ChangeStatus,
    ExpireAnswer,
    HandOffConversation,
    MessageView,
    PostBotReply,
    PostReply,
    RegisterAccount,
    RegisterChatbot,
    RegisterPerson,
    SkipAnswer,
)
from libs.contracts.delivery import DeliveryEvent, ReplyFailed, ReplySent, ReplyUnknown
from libs.contracts.errors import DomainError, PermanentError
from libs.contracts.vocabulary import ActorKind, Channel, DeliveryState, HandoffReason, Status
from services.conversation.domain.policy import ORGANISING, SCHEDULE
from services.conversation.use_cases.acknowledge_message import acknowledge_message
from services.conversation.use_cases.change_status import change_status
from services.conversation.use_cases.expire_answer import ExpireUnanswered
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.skip_answer import skip_answer
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, ADMIN, AI, CHATBOT, CONTACT, agent, moment, person

ANA, EVE = agent("ana", "IT"), agent("eve", "HR")


@pytest.fixture
async def asked(world: World) -> World:
    """One message waits for the AI."""
    await world.says("hello", 1)
    return world


@pytest.fixture
async def handed_off(asked: World) -> World:
    """People are to answer."""
    await asked.do(
        HandOff(asked.new_id),
        HandOffConversation(
            actor=ANA,
            conversation_id=asked.conversation().id,
            reason=HandoffReason.REQUESTED_BY_AGENT,
        ),
        2,
    )
    return asked


async def code_of(world: World, use_case: Any, command: Any, account_id: str = ACCOUNT) -> str:
    before = (world.event_types(), len(world.store.records.messages))
    with pytest.raises(DomainError) as refused:
        await world.do(use_case, command, 9, account_id)
    assert (world.event_types(), len(world.store.records.messages)) == before
    return refused.value.code


class TestPostReply:
    def reply(self, world: World, content: str = "Hi", actor: Actor = ANA, **parts: Any) -> PostReply:
        return PostReply(
            actor=actor, content=content, **({"conversation_id": world.conversation().id} | parts)
        )

    async def test_a_reply_is_stored_and_sent_out(self, handed_off: World) -> None:
        use_case = PostReplyToContact(handed_off.new_id)
        view = await handed_off.do(
            use_case, self.reply(handed_off, chatbot_id=CHATBOT, client_message_id="c1"), 3
        )
        assert isinstance(view, MessageView)
        assert (view.sender.name, view.delivery) == ("Ana Agent", DeliveryState.QUEUED)
        assert view.client_message_id == "c1"
        assert handed_off.event_types()[-1] == "message_recorded"
        assert handed_off.conversation().status is Status.HANDED_OFF

    async def test_it_needs_a_handoff(self, asked: World) -> None:
        with pytest.raises(DomainError) as refused:
            await asked.do(PostReplyToContact(asked.new_id), self.reply(asked))
        assert (refused.value.code, refused.value.detail) == (
            "not_handed_off",
            "Can only reply to handed-off conversations.",
        )

    @pytest.mark.parametrize("content", ["", "  \n\t "])
    async def test_blank_content_is_invalid(self, handed_off: World, content: str) -> None:
        use_case = PostReplyToContact(handed_off.new_id)
        assert await code_of(handed_off, use_case, self.reply(handed_off, content)) == "invalid"

    async def test_it_reaches_only_what_the_agent_may_see(self, handed_off: World) -> None:
        handed_off.change(department="IT")
        use_case = PostReplyToContact(handed_off.new_id)
        right = self.reply(handed_off)
        assert await code_of(handed_off, use_case, self.reply(handed_off, actor=EVE)) == "not_found"
        assert await code_of(handed_off, use_case, right, account_id="other") == "not_found"
        wrong_bot = self.reply(handed_off, chatbot_id="another")
        assert await code_of(handed_off, use_case, wrong_bot) == "not_found"
        for nonsense in ["x", "x-12", "-12ab", "x-zzzz", "unknown-12ab"]:
            command = self.reply(handed_off, conversation_id=nonsense)
            assert await code_of(handed_off, use_case, command) == "not_found"
        await handed_off.do(use_case, right, 3)

    async def test_its_assignee_replies_from_any_department(self, handed_off: World) -> None:
        handed_off.change(department="IT", assignee_id="eve")
        await handed_off.do(PostReplyToContact(handed_off.new_id), self.reply(handed_off, actor=EVE), 3)

    async def test_without_a_name_the_address_is_shown(self, handed_off: World) -> None:
        nameless = ANA.model_copy(update={"name": " "})
        use_case = PostReplyToContact(handed_off.new_id)
        known = person("ana")
        await handed_off.do(register_person, RegisterPerson(actor=ADMIN, person=known))
        view = await handed_off.do(use_case, self.reply(handed_off, actor=nameless), 3)
        assert view.sender.name == "Ana Agent"
        unnamed = known.model_copy(update={"name": ""})
        await handed_off.do(register_person, RegisterPerson(actor=ADMIN, person=unnamed))
        view = await handed_off.do(use_case, self.reply(handed_off, actor=nameless), 4)
        assert view.sender.name == "ana@acme.test"
        unknown = nameless.model_copy(update={"id": "nobody"})
        view = await handed_off.do(use_case, self.reply(handed_off, actor=unknown), 5)
        assert view.sender.name == ""


class TestPostBotReply:
    def answer(self, world: World, **parts: Any) -> PostBotReply:
        one = world.conversation()
        given: dict[str, Any] = {
            "actor": AI,
            "conversation_id": one.id,
            "handoff_epoch": 0,
            "answers_message_id": one.question.message_id if one.question else "none",
            "content": "Yes.",
            "confidence": 0.9,
        }
        return PostBotReply(**(given | parts))

    async def test_an_answer_is_stored_and_the_deadline_goes(self, asked: World) -> None:
        question = asked.conversation().question
        assert question is not None
        view = await asked.do(PostAnswer(asked.new_id), self.answer(asked, unsupported=True), 2)
        assert (view.is_ai, view.confidence, view.reply_to) == (True, 0.9, question.message_id)
        assert view.sender.name == "Bot"
        assert asked.store.records.messages[ACCOUNT, view.id].unsupported
        assert asked.store.records.events[-1].data["reply_to_external"] == "external-1"
        assert await asked.store.deadline(ACCOUNT, asked.conversation().id) is None

    async def test_a_late_answer_is_stale(self, asked: World) -> None:
        late = self.answer(asked)
        await asked.says("and another thing", 2)
        assert await code_of(asked, PostAnswer(asked.new_id), late) == "stale_answer"
        deadline = await asked.store.deadline(ACCOUNT, asked.conversation().id)
        assert deadline is not None

    async def test_an_answer_after_a_handoff_is_stale(self, handed_off: World) -> None:
        late = self.answer(handed_off, answers_message_id="id-000003")
        assert await code_of(handed_off, PostAnswer(handed_off.new_id), late) == "stale_answer"
        assert await handed_off.store.deadline(ACCOUNT, handed_off.conversation().id) is None

    async def test_only_the_ai_gives_answers(self, asked: World) -> None:
        forged = self.answer(asked, actor=ANA)
        assert await code_of(asked, PostAnswer(asked.new_id), forged) == "forbidden"

    async def test_a_message_that_asks_for_nothing_is_skipped(self, asked: World) -> None:
        one = asked.conversation()
        assert one.question is not None
        command = SkipAnswer(
            actor=AI,
            conversation_id=one.id,
            handoff_epoch=0,
            answers_message_id=one.question.message_id,
        )
        await asked.do(skip_answer, command, 2)
        assert asked.conversation().question is None
        assert await asked.store.deadline(ACCOUNT, one.id) is None
        assert await code_of(asked, skip_answer, command) == "stale_answer"


class TestHandOff:
    def from_ai(self, world: World, **parts: Any) -> HandOffConversation:
        one = world.conversation()
        given: dict[str, Any] = {
            "actor": AI,
            "conversation_id": one.id,
            "reason": HandoffReason.ASKED_FOR_HUMAN,
            "notice": "A colleague will answer.",
            "handoff_epoch": 0,
            "answers_message_id": one.question.message_id if one.question else "none",
        }
        return HandOffConversation(**(given | parts))

    async def test_the_ai_tells_the_contact_and_hands_over(self, asked: World) -> None:
        before = asked.conversation().sequence
        await asked.do(HandOff(asked.new_id), self.from_ai(asked), 2)
        assert asked.event_types(before) == ["message_recorded", "handed_off"]
        assert len(asked.store.records.messages) == 2
        one = asked.conversation()
        assert (one.status, one.handoff_epoch, one.handoff_reason) == (
            Status.HANDED_OFF,
            1,
            "asked_for_human",
        )
        assert await asked.store.deadline(ACCOUNT, one.id) is None

    async def test_a_stale_one_from_the_ai_is_refused(self, asked: World) -> None:
        late = self.from_ai(asked)
        await asked.says("never mind", 2)
        assert await code_of(asked, HandOff(asked.new_id), late) == "stale_answer"

    @pytest.mark.parametrize("missing", ["handoff_epoch", "answers_message_id"])
    async def test_the_ai_must_say_what_it_is_about(self, asked: World, missing: str) -> None:
        vague = self.from_ai(asked, **{missing: None})
        assert await code_of(asked, HandOff(asked.new_id), vague) == "invalid"

    async def test_an_agents_second_one_is_answered_as_done(self, handed_off: World) -> None:
        before = handed_off.conversation()
        result = await handed_off.do(
            HandOff(handed_off.new_id),
            self.from_ai(handed_off, actor=ANA, reason=HandoffReason.REQUESTED_BY_AGENT, notice="Hi"),
            3,
        )
        assert handed_off.conversation() == before
        assert result.conversation.available_actions == (
            "post_reply",
            "return_to_ai",
            "resolve",
            "close",
            "archive",
            "assign",
            "transfer",
            *ORGANISING,
            "snooze",
            SCHEDULE,
        )


class TestChangeStatus:
    def change(self, world: World, status: str, actor: Actor = ANA, **parts: Any) -> ChangeStatus:
        return ChangeStatus(
            actor=actor, status=status, **({"conversation_id": world.conversation().id} | parts)
        )

    async def test_closed_closes(self, handed_off: World) -> None:
        result = await handed_off.do(change_status, self.change(handed_off, "closed"), 3)
        assert result.message == "Conversation closed."
        assert result.conversation.status is Status.CLOSED
        assert result.conversation.status_buttons == ("reopen",)
        assert result.conversation.closed_at == moment(3)

    @pytest.mark.parametrize("source", [Status.HANDED_OFF, Status.RESOLVED, Status.CLOSED])
    async def test_active_gives_it_back_to_the_ai(self, handed_off: World, source: Status) -> None:
        handed_off.change(status=source, assignee_id="ana")
        result = await handed_off.do(change_status, self.change(handed_off, "active"), 3)
        assert result.message == "Conversation returned to AI."
        assert result.conversation.status is Status.ACTIVE
        assert result.conversation.assignee_id is None
        first = "reopened" if source is Status.CLOSED else "returned_to_ai"
        assert handed_off.event_types()[-2:] == [first, "handoff_ended"]

    @pytest.mark.parametrize(("source", "status"), [(Status.ACTIVE, "active"), (Status.CLOSED, "closed")])
    async def test_what_is_so_already_is_answered_as_done(
        self, asked: World, source: Status, status: str
    ) -> None:
        asked.change(status=source)
        before = asked.conversation()
        result = await asked.do(change_status, self.change(asked, status), 3)
        assert result.conversation.status is source
        assert asked.conversation() == before

    @pytest.mark.parametrize(
        ("source", "status", "code"),
        [
            (Status.HANDED_OFF, "resolved", "invalid_status"),
            (Status.HANDED_OFF, "", "invalid_status"),
            (Status.HANDED_OFF, "CLOSED", "invalid_status"),
            (Status.ARCHIVED, "active", "invalid_transition"),
            (Status.ARCHIVED, "closed", "invalid_transition"),
        ],
    )
    async def test_failures_keep_their_code_and_say_one_thing(
        self, handed_off: World, source: Status, status: str, code: str
    ) -> None:
        handed_off.change(status=source)
        with pytest.raises(DomainError) as refused:
            await handed_off.do(change_status, self.change(handed_off, status), 3)
        assert refused.value.code == code
        assert refused.value.detail == "Failed to update conversation status."
        assert refused.value.conversation_id == handed_off.conversation().id

    async def test_it_reaches_only_what_the_agent_may_see(self, handed_off: World) -> None:
        handed_off.change(department="IT")
        hidden = self.change(handed_off, "closed", EVE)
        assert await code_of(handed_off, change_status, hidden) == "not_found"
        elsewhere = self.change(handed_off, "closed", chatbot_id="another")
        assert await code_of(handed_off, change_status, elsewhere) == "not_found"
        own = self.change(handed_off, "closed")
        assert await code_of(handed_off, change_status, own, account_id="other") == "not_found"


class TestExpiry:
    def expire(self, world: World, **parts: Any) -> ExpireAnswer:
        one = world.conversation()
        given: dict[str, Any] = {
            "actor": SYSTEM,
            "conversation_id": one.id,
            "message_id": one.question.message_id if one.question else "none",
            "handoff_epoch": one.handoff_epoch,
        }
        return ExpireAnswer(**(given | parts))

    async def test_an_unanswered_message_goes_to_people(self, asked: World) -> None:
        before = asked.conversation().sequence
        await asked.do(ExpireUnanswered(asked.new_id, "One moment."), self.expire(asked), 31)
        one = asked.conversation()
        assert (one.status, one.handoff_reason) == (Status.HANDED_OFF, "ai_unavailable")
        assert asked.event_types(before) == ["message_recorded", "handed_off"]
        assert one.last_message is not None
        assert (one.last_message.content, one.last_message.is_ai) == ("One moment.", True)

    async def test_an_answered_one_does_not(self, asked: World) -> None:
        command = self.expire(asked)
        answer = TestPostBotReply().answer(asked)
        await asked.do(PostAnswer(asked.new_id), answer, 2)
        before = asked.conversation()
        await asked.do(ExpireUnanswered(asked.new_id, "One moment."), command, 31)
        assert asked.conversation() == before


class TestReceipts:
    async def replied(self, world: World) -> str:
        view = await world.do(PostReplyToContact(world.new_id), TestPostReply().reply(world), 3)
        return str(view.id)

    def receipt(
        self, world: World, kind: type[DeliveryEvent], message_id: str, **parts: Any
    ) -> DeliveryEvent:
        return kind(
            actor=SYSTEM,
            occurred_at=moment(4),
            conversation_id=world.conversation().id,
            message_id=message_id,
            attempts=1,
            **parts,
        )

    def state(self, world: World, message_id: str) -> tuple[DeliveryState | None, str | None]:
        view = world.store.records.messages[ACCOUNT, message_id].view
        return view.delivery, view.delivery_error

    async def test_the_platforms_ids_are_kept_and_the_state_is_told(self, handed_off: World) -> None:
        message = await self.replied(handed_off)
        await handed_off.do(
            record_delivery, self.receipt(handed_off, ReplySent, message, external_ids=("p1", "p2")), 4
        )
        assert self.state(handed_off, message) == (DeliveryState.SENT, None)
        assert handed_off.store.records.messages[ACCOUNT, message].external_ids == ("p1", "p2")
        assert handed_off.event_types()[-1] == "delivery_recorded"
        last = handed_off.conversation().last_message
        assert last is not None
        assert last.delivery is DeliveryState.SENT
        again = await handed_off.says("about that", 5, reply_to="p2")
        assert handed_off.store.records.messages[ACCOUNT, again.message_id].view.reply_to == message

    async def test_an_address_that_the_platform_named_is_written_to_from_then_on(
        self, handed_off: World
    ) -> None:
        message = await self.replied(handed_off)
        await handed_off.do(
            record_delivery, self.receipt(handed_off, ReplySent, message, moved_to="-100220"), 4
        )
        assert handed_off.conversation().target == "-100220"

    async def test_failures_are_told_with_their_code(self, handed_off: World) -> None:
        message = await self.replied(handed_off)
        await handed_off.do(record_delivery, self.receipt(handed_off, ReplyUnknown, message), 4)
        assert self.state(handed_off, message) == (DeliveryState.UNKNOWN, "outcome_unknown")
        failed = self.receipt(handed_off, ReplyFailed, message, code="channel_not_connected")
        await handed_off.do(record_delivery, failed, 5)
        assert self.state(handed_off, message) == (DeliveryState.FAILED, "channel_not_connected")
        assert handed_off.store.records.events[-1].data["error"] == "channel_not_connected"

    async def test_nothing_goes_backwards(self, handed_off: World) -> None:
        message = await self.replied(handed_off)
        await handed_off.do(record_delivery, self.receipt(handed_off, ReplySent, message), 4)
        before = handed_off.conversation()
        late: list[tuple[type[DeliveryEvent], dict[str, str]]] = [
            (ReplySent, {}),
            (ReplyUnknown, {}),
            (ReplyFailed, {"code": "x"}),
        ]
        for kind, parts in late:
            await handed_off.do(record_delivery, self.receipt(handed_off, kind, message, **parts), 5)
        assert self.state(handed_off, message) == (DeliveryState.SENT, None)
        assert handed_off.conversation() == before

    async def test_a_receipt_for_nothing_is_kept_with_the_dead_letters(self, handed_off: World) -> None:
        with pytest.raises(PermanentError):
            await handed_off.do(record_delivery, self.receipt(handed_off, ReplySent, "unknown"), 4)

    async def test_a_receipt_of_another_account_finds_nothing(self, handed_off: World) -> None:
        message = await self.replied(handed_off)
        with pytest.raises(PermanentError):
            await handed_off.do(
                record_delivery, self.receipt(handed_off, ReplySent, message), 4, account_id="other"
            )

    async def test_the_widget_says_what_it_has_shown_once(self, handed_off: World) -> None:
        handed_off.change(channel=Channel.WIDGET)
        message = await self.replied(handed_off)
        command = AcknowledgeMessage(
            actor=CONTACT, conversation_id=handed_off.conversation().id, message_id=message
        )
        await handed_off.do(acknowledge_message, command, 4)
        assert self.state(handed_off, message) == (DeliveryState.DELIVERED, None)
        before = handed_off.conversation()
        await handed_off.do(acknowledge_message, command, 5)
        assert handed_off.conversation() == before
        unknown = command.model_copy(update={"message_id": "unknown"})
        assert await code_of(handed_off, acknowledge_message, unknown) == "not_found"
        stranger = Actor(kind=ActorKind.CONTACT, id="78")
        foreign = command.model_copy(update={"actor": stranger})
        assert await code_of(handed_off, acknowledge_message, foreign) == "not_found"

    async def test_other_channels_tell_of_deliveries_themselves(self, handed_off: World) -> None:
        message = await self.replied(handed_off)
        command = AcknowledgeMessage(
            actor=CONTACT, conversation_id=handed_off.conversation().id, message_id=message
        )
        assert await code_of(handed_off, acknowledge_message, command) == "invalid"


class TestRegistering:
    async def test_admins_alone_register(self, world: World) -> None:
        commands: list[tuple[Any, Any]] = [
            (register_account, RegisterAccount(actor=ANA, account_id=ACCOUNT, name="Acme")),
            (register_person, RegisterPerson(actor=ANA, person=person("ben"))),
            (register_chatbot, RegisterChatbot(actor=ANA, chatbot_id="b2", name="B2")),
        ]
        for use_case, command in commands:
            assert await code_of(world, use_case, command) == "forbidden"
            await world.do(use_case, command.model_copy(update={"actor": ADMIN}))

    async def test_nobody_registers_into_another_account(self, world: World) -> None:
        account = RegisterAccount(actor=ADMIN, account_id="other", name="Other")
        assert await code_of(world, register_account, account) == "not_found"
        stranger = RegisterPerson(actor=ADMIN, person=person("ben", account_id="other"))
        assert await code_of(world, register_person, stranger) == "not_found"

    async def test_what_is_named_must_exist(self, world: World) -> None:
        for wrong in [person("ben", "Ops"), person("ben", role="owner")]:
            command = RegisterPerson(actor=ADMIN, person=wrong)
            assert await code_of(world, register_person, command) == "invalid"
        for parts in [{"department": "Ops"}, {"mode": "loud"}]:
            bot = RegisterChatbot(actor=ADMIN, chatbot_id="b2", name="B2", **parts)
            assert await code_of(world, register_chatbot, bot) == "invalid"
        bot = RegisterChatbot(actor=ADMIN, chatbot_id="b2", name="B2")
        assert await code_of(world, register_chatbot, bot, account_id="unregistered") == "not_found"
