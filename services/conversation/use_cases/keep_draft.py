"""What an agent has begun to write is kept for them, and for nobody else."""

from dataclasses import dataclass

from libs.contracts.drafts import DeleteDraft, DraftDeleted, GetDraft, ReplyDraft, SaveDraft
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.policy import Action, actor_of, not_found, require
from services.conversation.use_cases.loading import check_id, load
from services.conversation.use_cases.ports import Call, Conversations, Transaction
from services.conversation.use_cases.template_ports import Templates


async def save_draft(command: SaveDraft, call: Call, tx: Transaction) -> ReplyDraft:
    """Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY)
    draft = ReplyDraft(conversation_id=conversation.id, content=command.content, updated_at=call.now)
    await tx.put_draft(command.actor.id, draft)
    return draft


async def delete_draft(command: DeleteDraft, _: Call, tx: Transaction) -> DraftDeleted:
    """Raises DomainError `not_found`, `forbidden`."""
    conversation = await load(tx, command.conversation_id, command.actor, Action.REPLY)
    await tx.delete_draft(command.actor.id, conversation.id)
    return DraftDeleted(conversation_id=conversation.id)


@dataclass(frozen=True)
class GetOwnDraft:
    """Takes GetDraft."""

    conversations: Conversations
    drafts: Templates

    async def __call__(self, query: GetDraft, call: Call) -> ReplyDraft:
        """Raises DomainError `not_found`, also where there is no draft, and `forbidden`."""
        check_id(query.conversation_id)
        conversation = await self.conversations.find(call.account_id, query.conversation_id)
        if conversation is None:
            raise not_found()
        require(conversation, actor_of(query.person, call.account_id), Action.REPLY)
        draft = await self.drafts.draft(call.account_id, query.person.id, conversation.id)
        if draft is None:
            raise DomainError(ErrorCode.NOT_FOUND, "there is no draft", conversation_id=conversation.id)
        return draft
