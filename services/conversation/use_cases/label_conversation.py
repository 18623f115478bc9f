"""Put labels on a conversation, or take them off."""

from libs.contracts.conversation import ConversationView
from libs.contracts.organising import LabelConversation
from services.conversation.domain.organising import label_of
from services.conversation.domain.policy import Action
from services.conversation.use_cases.keep_labels import know_labels
from services.conversation.use_cases.loading import load
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.views import view_of


async def label_conversation(command: LabelConversation, call: Call, tx: Transaction) -> ConversationView:
    """Labelled so already is answered as done. A label that the account does not know yet is made, where the
    caller may. Raises DomainError `not_found`, `forbidden`, `invalid`.
    """
    conversation = await load(tx, command.conversation_id, command.actor, Action.ORGANISE)
    new = {label_of(text) for text in command.add} - set(conversation.labels)
    await know_labels(new, command.actor, call, tx)
    changed = conversation.label(
        command.actor, call.now, add=command.add, remove=command.remove, replace=command.replace
    )
    if changed:
        await tx.save(conversation)
    return view_of(conversation, command.actor)
