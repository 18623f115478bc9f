"""A person wrote to the contact in the platform's own console."""

from dataclasses import dataclass

from libs.contracts.base import Actor
from libs.contracts.conversation import Sender
from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.platform_console import RecordConsoleReply
from libs.contracts.vocabulary import HandoffReason, SenderKind, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.message import Draft
from services.conversation.use_cases.ports import Call, NewId, Transaction
from services.conversation.use_cases.take_over_thread import console_actor
from services.conversation.use_cases.threads import begin_thread, contact_of, message_called, of_thread


@dataclass(frozen=True)
class RecordConsole:
    """Takes RecordConsoleReply."""

    new_id: NewId

    async def __call__(self, command: RecordConsoleReply, call: Call, tx: Transaction) -> None:
        """Keep it as an agent's message that is out already, and have the bot silent. What we sent ourselves,
        and the platform tells back, is known by the platform's id and changes nothing. Raises
        AlreadyRecordedError for one that was stored before, and PermanentError without its chatbot.
        """
        actor = console_actor(command.writer)
        conversation, sent_on = await of_thread(command, tx)
        if sent_on:
            return
        if conversation is None:
            conversation = await self._begin(command, call, tx, actor)
        elif await message_called(conversation, command.external_id, tx) is not None:
            return
        if conversation.status is Status.ACTIVE:
            conversation.hand_off(actor, call.now, reason=HandoffReason.AGENT_TOOK_OVER)
        message = conversation.send_out(await self._draft(command, call, conversation, tx), actor)
        await tx.add_message(message)
        await tx.save(conversation)

    async def again(self, command: RecordConsoleReply, call: Call, tx: Transaction) -> None:
        """One that was stored before has no answer, either."""

    async def _begin(
        self, command: RecordConsoleReply, call: Call, tx: Transaction, actor: Actor
    ) -> Conversation:
        chatbot = await tx.chatbot(command.chatbot_id)
        if chatbot is None:
            raise PermanentError(ErrorCode.NOT_FOUND, "a message for a chatbot that is not registered")
        contact = await contact_of(command, call, tx, self.new_id)
        return begin_thread(command, call, chatbot, contact, actor, self.new_id)

    async def _draft(
        self, command: RecordConsoleReply, call: Call, conversation: Conversation, tx: Transaction
    ) -> Draft:
        reply_to = None
        if command.reply_to:
            reply_to = await message_called(conversation, command.reply_to, tx)
        return Draft(
            id=self.new_id(),
            sender=Sender(kind=SenderKind.AGENT, id=command.writer_id, name=command.writer),
            at=call.now,
            content=command.content,
            kind=command.kind,
            attachments=command.attachments,
            reply_to=reply_to,
            external_id=command.external_id,
            delivery_id=command.delivery_id,
            already_out=True,
        )
