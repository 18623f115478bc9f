"""Store what somebody wrote on a channel, and ask the AI for an answer where one is due."""

from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.ai import AnswerContact, Turn
from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import (
    ContactView,
    InboundRecorded,
    MessageView,
    RecordInboundMessage,
    Sender,
)
from libs.contracts.errors import ErrorCode, PermanentError, TransientError
from libs.contracts.topology import AI_COMMANDS
from libs.contracts.vocabulary import (
    SIDE_KINDS,
    ActorKind,
    BotMode,
    Channel,
    MessageKind,
    SenderKind,
    Status,
)
from services.conversation.domain.changing import CHANGES, after_change
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.erasing import shell_session
from services.conversation.domain.message import Draft
from services.conversation.use_cases.asking_ai import ask_for_suggestion, profile_of, turns_of
from services.conversation.use_cases.loading import home_of
from services.conversation.use_cases.ports import AnswerDeadline, Call, Chatbot, NewId, Transaction
from services.conversation.use_cases.threads import begin_thread, contact_of, message_called, message_here


@dataclass(frozen=True)
class RecordInbound:
    """`answer_limit`: how long the AI may take before people get the conversation."""

    new_id: NewId
    answer_limit: timedelta

    async def __call__(
        self, command: RecordInboundMessage, call: Call, tx: Transaction
    ) -> InboundRecorded | None:
        """Take the message in, or send it on to the partition where its conversation is at home: one that its
        own became part of, too. Raises
        AlreadyRecordedError for a delivery that was stored before, and PermanentError when nobody registered
        its chatbot, so that it is kept with the dead letters.
        """
        known = await _known(command, tx)
        if known is None and await _sent_on(command, tx):
            return None
        if known is not None and known.is_merged:
            home = await home_of(tx, known)
            tx.tell(command.model_copy(update={"conversation_id": home.id}), home.id)
            return None
        chatbot = await tx.chatbot(known.chatbot_id if known else command.chatbot_id)
        if chatbot is None:
            raise PermanentError(ErrorCode.NOT_FOUND, "a message for a chatbot that is not registered")
        if known is None:
            sender = await contact_of(command, call, tx, self.new_id)
            conversation = begin_thread(command, call, chatbot, sender, _actor(sender), self.new_id)
        else:
            conversation = known
            conversation.chatbot_name = chatbot.name
            sender = await self._sender(conversation, command, call, tx)
        message = conversation.receive(
            await self._draft(conversation, command, call, tx, sender),
            _actor(sender),
            wants_answer=chatbot.mode is BotMode.ANSWER and command.expects_answer,
            automatic=command.automatic,
        )
        await tx.add_message(message)
        await _change_what_it_is_about(conversation, message.view, call, tx)
        if conversation.question is not None and conversation.question.message_id == message.view.id:
            await self.ask_ai(conversation, chatbot, message.view, call, tx)
        elif _gets_suggestion(conversation, chatbot, command):
            await ask_for_suggestion(conversation, chatbot, message.view.id, self.new_id(), call, tx)
        await tx.save(conversation)
        return InboundRecorded(conversation_id=conversation.id, message_id=message.view.id)

    async def again(self, command: RecordInboundMessage, _: Call, tx: Transaction) -> InboundRecorded:
        """The answer to a delivery that was stored before: that of the first time."""
        recorded = await tx.recorded(command.connection_id, command.delivery_id)
        if recorded is None:
            raise TransientError(ErrorCode.CONFLICT, "the delivery is just being stored")
        return recorded

    async def _sender(
        self, conversation: Conversation, command: RecordInboundMessage, call: Call, tx: Transaction
    ) -> ContactView:
        """Who wrote in a known thread. The usual case, the same contact under the same name, costs no
        look-up. In a group others write too; the conversation keeps its contact.
        """
        contact = conversation.contact
        names = {command.contact.alias, *command.contact.aliases}
        same = not names.isdisjoint({conversation.contact_alias, *conversation.further_aliases})
        # A shared contact may tell a number that nobody knew.
        tells = command.kind is MessageKind.CONTACT and command.contact.phone is not None
        if same and command.contact.name in {"", contact.name} and not tells:
            sender = contact
        else:
            sender = await contact_of(command, call, tx, self.new_id)
        # An answer to a mail goes to whom the thread is with, whoever else writes into it.
        keeps = conversation.channel is Channel.EMAIL and not same
        conversation.know_contact(
            sender if same else contact, conversation.target if keeps else command.target
        )
        return sender

    async def _draft(
        self,
        conversation: Conversation,
        command: RecordInboundMessage,
        call: Call,
        tx: Transaction,
        sender: ContactView,
    ) -> Draft:
        reply_to = None
        if command.reply_to:
            reply_to = await message_called(conversation, command.reply_to, tx)
        return Draft(
            id=self.new_id(),
            sender=Sender(kind=SenderKind.CONTACT, id=sender.id, name=sender.name),
            at=call.now,
            content=command.content,
            kind=command.kind,
            attachments=command.attachments,
            client_message_id=command.client_message_id,
            reply_to=reply_to,
            reply_to_external=command.reply_to,
            external_id=command.external_id,
            other_ids=command.other_ids,
            subject=command.subject,
            delivery_id=command.delivery_id,
            payload=command.payload,
            forwarded=command.forwarded,
            sent_at=command.sent_at,
        )

    async def ask_ai(
        self,
        conversation: Conversation,
        chatbot: Chatbot,
        message: MessageView,
        call: Call,
        tx: Transaction,
    ) -> None:
        """Send the AI a message that waits for its answer, and set the time it has."""
        if conversation.message_count > 1:
            turns = await turns_of(conversation, tx)
        else:
            turns = (Turn(message_id=message.id, role="contact", text=message.content),)
        contact = await tx.contact_by_id(conversation.contact.id)
        answer_by = call.now + self.answer_limit
        tx.send(
            AnswerContact(
                actor=SYSTEM,
                conversation=conversation.ref(),
                chatbot=profile_of(chatbot),
                message_id=message.id,
                handoff_epoch=conversation.handoff_epoch,
                turns=turns,
                has_attachment=bool(message.attachments),
                answer_by=answer_by,
                contact_value=(contact.value if contact else None) or 0.0,
            ),
            exchange=AI_COMMANDS,
            subject=conversation.id,
            expires_at=answer_by,
        )
        await tx.put_deadline(
            AnswerDeadline(conversation.id, message.id, conversation.handoff_epoch, answer_by)
        )


async def _change_what_it_is_about(
    conversation: Conversation, said: MessageView, call: Call, tx: Transaction
) -> None:
    """An edit, a deletion or a reaction has its effect on the message that it names, where that is known."""
    change = CHANGES.get(said.kind)
    about = await message_here(conversation, said.reply_to, tx) if change and said.reply_to else None
    if change is None or about is None:
        return
    changed = after_change(about, said.kind, said.content, said.sender, call.now)
    if changed is not about:
        await tx.set_changed(changed)
        actor = Actor(kind=ActorKind.CONTACT, id=said.sender.id, name=said.sender.name)
        conversation.tell_change(changed, change, actor, call.now)


async def _known(command: RecordInboundMessage, tx: Transaction) -> Conversation | None:
    if command.conversation_id is not None:
        named = await tx.conversation(command.conversation_id)
        ours = named is not None and named.connection_id == command.connection_id
        if named is not None and ours and named.session_id != shell_session(named.id):
            return named
    return await tx.conversation_of(command.connection_id, command.session_id)


async def _sent_on(command: RecordInboundMessage, tx: Transaction) -> bool:
    """Whether the message belongs elsewhere, and is on its way there."""
    home = await tx.home_of(command.connection_id, command.references) if command.references else None
    if home is not None:
        tx.tell(command.model_copy(update={"conversation_id": home}), home)
        return True
    if command.conversation_id is None:
        return False
    # The conversation that was named is gone: its thread starts anew, in its own partition.
    anew = command.model_copy(update={"conversation_id": None, "references": ()})
    tx.tell_thread(anew, command.connection_id, command.session_id)
    return True


def _gets_suggestion(conversation: Conversation, chatbot: Chatbot, command: RecordInboundMessage) -> bool:
    """Whether agents are to be proposed a reply to this message by itself."""
    if not command.expects_answer or command.kind in SIDE_KINDS:
        return False
    return gets_suggestion(conversation, chatbot)


def gets_suggestion(conversation: Conversation, chatbot: Chatbot) -> bool:
    """Whether agents are to be proposed replies to the contact's messages now."""
    handed_off = conversation.status is Status.HANDED_OFF
    return chatbot.mode is BotMode.SUGGEST or (handed_off and chatbot.auto_suggest)


def _actor(contact: ContactView) -> Actor:
    return Actor(kind=ActorKind.CONTACT, id=contact.id, name=contact.name)
