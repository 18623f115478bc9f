"""The AI has nothing to say to a message that asks for nothing."""

from libs.contracts.conversation import SkipAnswer
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def skip_answer(command: SkipAnswer, _: Call, tx: Transaction) -> None:
    """Nobody waits for an answer any more. Raises DomainError `stale_answer` like an answer would."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ANSWER)
    conversation.skip_answer(Question(command.answers_message_id, command.handoff_epoch))
    await tx.save(conversation)
