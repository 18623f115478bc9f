"""An agent wants another proposal for a message."""

from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.suggestions import DraftRequested, RegenerateSuggestion
from services.conversation.domain.policy import Action
from services.conversation.use_cases.asking_ai import ask_for_suggestion, turns_of
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction


@dataclass(frozen=True)
class Regenerate:
    """Takes RegenerateSuggestion."""

    new_id: NewId

    async def __call__(self, command: RegenerateSuggestion, call: Call, tx: Transaction) -> DraftRequested:
        """What is proposed now is superseded. Raises DomainError `forbidden`, and `not_found` also for a
        message that is not among the last of the contact's since the matter began.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.SUGGEST)
        turns = await turns_of(conversation, tx)
        if not any(turn.message_id == command.message_id and turn.role == "contact" for turn in turns):
            raise DomainError(
                ErrorCode.NOT_FOUND, "there is no such message to answer", conversation_id=conversation.id
            )
        chatbot = await tx.chatbot(conversation.chatbot_id)
        if chatbot is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
        request_id = self.new_id()
        await ask_for_suggestion(
            conversation,
            chatbot,
            command.message_id,
            request_id,
            call,
            tx,
            turns=turns,
            wishes=command.wishes,
        )
        await tx.save(conversation)
        return DraftRequested(request_id=request_id)
