"""A thread has another name on its channel."""

from dataclasses import dataclass

from libs.contracts.inbound import MoveThread
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.loading import home_of
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.threads import of_thread


@dataclass(frozen=True)
class FollowMove:
    """Takes MoveThread."""

    new_id: NewId

    async def __call__(self, command: MoveThread, call: Call, tx: Transaction) -> None:
        """Remember the new name beside the old one, and write to the new address from now on. Where it is the
        person who has another id, they are known by it, too. A thread without a conversation has nothing to
        remember.
        """
        conversation, _ = await of_thread(command, tx, merged_too=True)
        if conversation is None:
            return
        old_target = conversation.target
        if conversation.move(command.to_session_id, command.to_target):
            if command.to_alias is not None:
                await self._know(conversation, command.to_alias, call, tx)
            await tx.save(conversation)
        home = await home_of(tx, conversation)
        # One that this is part of is written to there, too, if it was before.
        if home.id != conversation.id and home.target == old_target:
            home.move(command.to_session_id, command.to_target)
            await tx.save(home)

    async def _know(self, conversation: Conversation, alias: str, call: Call, tx: Transaction) -> None:
        """By the new id as well; one that somebody else is known by stays theirs."""
        connection_id = conversation.connection_id
        if await tx.known_alias(connection_id, (alias,)) is not None:
            return
        view = await tx.contact(connection_id, alias, "", self.new_id)
        added, person = await tx.contact_by_id(view.id), await tx.contact_by_id(conversation.contact.id)
        if added is None or person is None:
            return
        person.take_in(added, call.now)
        await tx.save_contact(added)
        await tx.save_contact(person)
        conversation.contact_alias = alias
