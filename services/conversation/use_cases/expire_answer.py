"""The AI's time for a message is over."""

from dataclasses import dataclass

from libs.contracts.conversation import ExpireAnswer
from libs.contracts.vocabulary import HandoffReason
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.notices import notice_draft
from services.conversation.use_cases.ports import Call, NewId, Transaction


@dataclass(frozen=True)
class ExpireUnanswered:
    """Takes ExpireAnswer. `notice` is what the contact is told."""

    new_id: NewId
    notice: str

    async def __call__(self, command: ExpireAnswer, call: Call, tx: Transaction) -> None:
        """Hand the conversation over, unless the message was answered or somebody took over meanwhile."""
        conversation = await load(tx, command.conversation_id, command.actor, Action.EXPIRE)
        about = Question(command.message_id, command.handoff_epoch)
        if not conversation.awaits(about):
            return
        _, told = conversation.hand_off(
            command.actor,
            call.now,
            reason=HandoffReason.AI_UNAVAILABLE,
            notice=notice_draft(conversation, self.new_id(), self.notice, call.now),
            about=about,
        )
        for message in told:
            await tx.add_message(message)
        await tx.save(conversation)
