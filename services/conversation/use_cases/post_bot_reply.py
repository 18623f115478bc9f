"""The AI's answer to an inbound message."""

from dataclasses import dataclass

from libs.contracts.conversation import MessageView, PostBotReply, Sender
from libs.contracts.vocabulary import SenderKind
from services.conversation.domain.conversation import ai_actor
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.message import Draft
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction


@dataclass(frozen=True)
class PostAnswer:
    """Takes PostBotReply."""

    new_id: NewId

    async def __call__(self, command: PostBotReply, call: Call, tx: Transaction) -> MessageView:
        """Store the answer, which sends it out. Raises DomainError `stale_answer` when people took over, the
        message was answered, or a newer one waits.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.ANSWER)
        asked = conversation.question
        draft = Draft(
            id=self.new_id(),
            sender=Sender(kind=SenderKind.AI, id=conversation.chatbot_id, name=conversation.chatbot_name),
            at=call.now,
            content=command.content,
            citations=command.citations,
            confidence=command.confidence,
            unsupported=command.unsupported,
            person_option=command.person_option,
            reply_to=command.answers_message_id,
            reply_to_external=asked.external_id if asked else None,
        )
        message = conversation.answer(
            draft,
            ai_actor(conversation.chatbot_id, conversation.chatbot_name),
            Question(command.answers_message_id, command.handoff_epoch),
        )
        await tx.add_message(message)
        await tx.save(conversation)
        return message.view
