"""Two conversations turn out to be about one matter."""

from dataclasses import dataclass

from libs.contracts.conversation import MOST_MERGED, ConversationView
from libs.contracts.merging import MergeConversations
from libs.contracts.vocabulary import BotMode, HandoffReason, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.policy import Action, require
from services.conversation.domain.scheduling import MOST_SCHEDULED
from services.conversation.domain.timers import Timer, TimerKind
from services.conversation.use_cases.loading import home_of, load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.record_inbound_message import RecordInbound
from services.conversation.use_cases.views import view_of

#: Each of those that it took in before may have brought some.
_MOST_WAITING = MOST_SCHEDULED * (MOST_MERGED + 1)


@dataclass(frozen=True)
class Merge:
    """Takes MergeConversations, in the partition of the one that becomes part of the other: what its thread
    brings meanwhile waits. Both are written in one transaction; whoever changed the other one meanwhile makes
    it begin again.
    """

    inbound: RecordInbound

    async def __call__(self, command: MergeConversations, call: Call, tx: Transaction) -> ConversationView:
        """The other conversation's view; done already is answered as done. Raises DomainError `not_found`,
        `forbidden`, `invalid`, `invalid_transition`, and `conversation_merged` for one that is part of a
        third one.
        """
        actor = command.actor
        done = await self._done(command, tx)
        if done is not None:
            return view_of(done, actor)
        source = await load(tx, command.conversation_id, actor, Action.ORGANISE)
        target = await load(tx, command.into_conversation_id, actor, Action.ORGANISE)
        source.check_merge(target)
        question, status, reason = source.question, source.status, source.handoff_reason
        assignee = source.assignee_id if source.department == target.department else None
        target.take_in(source, actor, call.now)
        source.become_part_of(target, actor, call.now)
        if status is Status.HANDED_OFF and target.status is Status.ACTIVE:
            target.assignee_id = assignee
            target.hand_off(actor, call.now, reason=reason or HandoffReason.REQUESTED_BY_AGENT)
        elif question is not None and target.status is Status.ACTIVE and target.question is None:
            await self._ask(source, target, question, call, tx)
        await _move_belongings(source, target, tx)
        await tx.save(source)
        await tx.save(target)
        return view_of(target, actor)

    async def _done(self, command: MergeConversations, tx: Transaction) -> Conversation | None:
        source = await tx.conversation(command.conversation_id)
        if source is None or source.merged_into is None:
            return None
        home = await home_of(tx, source)
        if command.into_conversation_id not in {source.merged_into, home.id}:
            return None
        require(home, command.actor, Action.ORGANISE)
        return home

    async def _ask(
        self, source: Conversation, target: Conversation, question: Question, call: Call, tx: Transaction
    ) -> None:
        """The AI owes the contact an answer: it gives it in the other conversation."""
        message = await tx.message(source.id, question.message_id)
        chatbot = await tx.chatbot(target.chatbot_id)
        if message is None or chatbot is None or chatbot.mode is not BotMode.ANSWER:
            return
        target.question = Question(question.message_id, target.handoff_epoch, question.external_id)
        await self.inbound.ask_ai(target, chatbot, message, call, tx)


async def _move_belongings(source: Conversation, target: Conversation, tx: Transaction) -> None:
    await tx.move_notes(source.id, target.id)
    await tx.move_drafts(source.id, target.id)
    for reply in await tx.waiting_replies(source.id, _MOST_WAITING):
        await tx.put_scheduled(reply.model_copy(update={"conversation_id": target.id}))
        await tx.drop_timer(TimerKind.SEND, source.id, reply.id)
        await tx.put_timer(Timer(TimerKind.SEND, target.id, reply.send_at, reply.id))
