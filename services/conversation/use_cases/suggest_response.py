"""The assigned agent of a ticket wants a reply proposed."""

from dataclasses import dataclass

from libs.contracts.ai import Turn
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.suggestions import DraftRequested
from libs.contracts.tickets import ContextMessage, SuggestResponse
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.policy import Action, not_found, require_assignee
from services.conversation.use_cases.asking_ai import ask_for_suggestion, turns_of
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, NewId, Transaction


@dataclass(frozen=True)
class SuggestForAssignee:
    """Takes SuggestResponse."""

    new_id: NewId

    async def __call__(self, command: SuggestResponse, call: Call, tx: Transaction) -> DraftRequested:
        """Have one drafted from the knowledge and the context given, or, without one, from the last messages.
        Raises DomainError `not_found`, and `forbidden` for anybody but the assigned agent.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.SUGGEST)
        if conversation.requester_id is None:
            raise not_found()
        require_assignee(conversation, command.actor)
        chatbot = await tx.chatbot(conversation.chatbot_id)
        if chatbot is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
        stored = await _stored(conversation, tx)
        answered = _last_of_contact(stored)
        request_id = self.new_id()
        await ask_for_suggestion(
            conversation,
            chatbot,
            answered.message_id,
            request_id,
            call,
            tx,
            turns=_turns(command.context, answered.message_id) or stored,
        )
        await tx.save(conversation)
        return DraftRequested(request_id=request_id)


async def _stored(conversation: Conversation, tx: Transaction) -> tuple[Turn, ...]:
    """The turns of the present matter; when nobody asked anything since it began, those before it too."""
    turns = await turns_of(conversation, tx)
    if any(turn.role == "contact" for turn in turns):
        return turns
    return await turns_of(conversation, tx, whole=True)


def _last_of_contact(turns: tuple[Turn, ...]) -> Turn:
    """What is to be answered; a ticket begins with a message, so there is always one."""
    return next((turn for turn in reversed(turns) if turn.role == "contact"), turns[-1])


def _turns(context: tuple[ContextMessage, ...], message_id: str) -> tuple[Turn, ...]:
    """The context as turns, the last of the contact under the id of the message that is answered; none when
    the contact says nothing in it.
    """
    last = max((at for at, one in enumerate(context) if one.role == "contact"), default=None)
    if last is None:
        return ()
    return tuple(
        Turn(message_id=message_id if at == last else f"context-{at}", role=one.role, text=one.content)
        for at, one in enumerate(context)
    )
