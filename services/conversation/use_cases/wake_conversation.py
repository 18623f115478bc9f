"""A conversation that was put aside is taken up again: by a person, or because it is time."""

from libs.contracts.conversation import ConversationView
from libs.contracts.snoozing import UnsnoozeConversation, WakeConversation, WakeReason
from services.conversation.domain.policy import Action
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def unsnooze_conversation(
    command: UnsnoozeConversation, call: Call, tx: Transaction
) -> ConversationView:
    """Awake already is answered as done. Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    if conversation.wake(WakeReason.PERSON, command.actor, call.now):
        await tx.save(conversation)
    return view_of(conversation, command.actor)


async def wake_conversation(command: WakeConversation, call: Call, tx: Transaction) -> None:
    """Wake it, unless it was put off further or is awake. Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.EXPIRE)
    if conversation.snoozed_until == command.until:
        conversation.wake(WakeReason.DUE, command.actor, call.now)
        await tx.save(conversation)
