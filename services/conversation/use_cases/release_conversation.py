"""The work of somebody who works no more is nobody's."""

from libs.contracts.people import ReleaseConversation
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction


async def release_conversation(command: ReleaseConversation, call: Call, tx: Transaction) -> None:
    """Take it from the person, unless it is another one's, or nobody's work, by now. Raises DomainError
    `not_found`, `forbidden`.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.RELEASE)
    if conversation.assignee_id == command.person_id and conversation.can_be_assigned:
        conversation.assign(None, command.actor, call.now)
        await tx.save(conversation)
