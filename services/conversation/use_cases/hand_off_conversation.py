"""Give a conversation to people."""

from dataclasses import dataclass

from libs.contracts.conversation import HandOffConversation, StatusChanged
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import ActorKind
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.policy import Action
from services.conversation.use_cases.departments import check_departments
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.notices import notice_draft
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.views import view_of


@dataclass(frozen=True)
class HandOff:
    """Takes HandOffConversation."""

    new_id: NewId

    async def __call__(self, command: HandOffConversation, call: Call, tx: Transaction) -> StatusChanged:
        """Hand it over; done already is answered as done. Raises DomainError `not_found`, `forbidden`,
        `invalid_transition` and, for the AI, `stale_answer`, or `invalid` when it says not what it is about;
        `invalid` for a department that the account does not have.
        """
        conversation = await load(tx, command.conversation_id, command.actor, Action.HAND_OFF)
        text = command.notice or ""
        if command.department is not None:
            await check_departments([command.department], tx)
        changed, told = conversation.hand_off(
            command.actor,
            call.now,
            reason=(command.comment or "").strip() or command.reason,
            notice=notice_draft(conversation, self.new_id(), text, call.now) if text.strip() else None,
            about=_about(command),
            department=command.department,
        )
        for message in told:
            await tx.add_message(message)
        if changed:
            await tx.save(conversation)
        return StatusChanged(
            message="Conversation handed off.", conversation=view_of(conversation, command.actor)
        )


def _about(command: HandOffConversation) -> Question | None:
    """What the AI's decision is about; people and the system need no such thing."""
    if command.actor.kind is not ActorKind.AI:
        return None
    if command.handoff_epoch is None or command.answers_message_id is None:
        raise DomainError(
            ErrorCode.INVALID,
            "the AI says which message it hands over",
            conversation_id=command.conversation_id,
        )
    return Question(command.answers_message_id, command.handoff_epoch)
