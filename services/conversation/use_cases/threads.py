"""How use cases come by the conversation of a thread that a platform names."""

from libs.contracts.base import Actor
from libs.contracts.conversation import ContactView, InboundContact, MessageView, RecordInboundMessage
from libs.contracts.inbound import MoveThread, TakeOverThread
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply
from libs.contracts.topology import conversation_id, thread_crc
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.loading import home_of
from services.conversation.use_cases.ports import Call, Chatbot, NewId, Transaction

ThreadCommand = MoveThread | TakeOverThread | FollowThreadStatus | RecordConsoleReply


async def of_thread(
    command: ThreadCommand, tx: Transaction, *, merged_too: bool = False
) -> tuple[Conversation | None, bool]:
    """The conversation of a thread, None without one; and whether the command is on its way elsewhere, to the
    partition of a conversation that has the thread's name beside its own, or that the thread's own became
    part of (with `merged_too` that stays here).
    """
    if command.conversation_id is not None:
        known = await tx.conversation(command.conversation_id)
    else:
        known = await tx.conversation_of(command.connection_id, command.session_id)
    if known is not None and known.is_merged and not merged_too:
        whole = await home_of(tx, known)
        tx.tell(command.model_copy(update={"conversation_id": whole.id}), whole.id)
        return None, True
    if known is not None or command.conversation_id is not None:
        return known, False
    home = await tx.home_of(command.connection_id, (command.session_id,))
    if home is None:
        return None, False
    tx.tell(command.model_copy(update={"conversation_id": home}), home)
    return None, True


def begin_thread(
    command: RecordInboundMessage | RecordConsoleReply,
    call: Call,
    chatbot: Chatbot,
    contact: ContactView,
    actor: Actor,
    new_id: NewId,
) -> Conversation:
    """A conversation for a thread that is new, in the thread's own partition."""
    crc = thread_crc(command.connection_id, command.session_id)
    return Conversation.start(
        actor=actor,
        at=call.now,
        id=conversation_id(new_id().replace("-", ""), crc),
        account_id=call.account_id,
        chatbot_id=chatbot.id,
        chatbot_name=chatbot.name,
        connection_id=command.connection_id,
        channel=command.channel,
        session_id=command.session_id,
        target=command.target,
        contact=contact,
        contact_alias=command.contact.alias,
        department=chatbot.department,
        subject=command.subject if isinstance(command, RecordInboundMessage) else None,
    )


async def contact_of(
    command: RecordInboundMessage | RecordConsoleReply, call: Call, tx: Transaction, new_id: NewId
) -> ContactView:
    """Who is on the other side, by any of their ids, made when there is nobody."""
    contact = command.contact
    alias = contact.alias
    if contact.aliases:
        alias = await tx.known_alias(command.connection_id, (alias, *contact.aliases)) or alias
    view = await tx.contact(command.connection_id, alias, contact.name, new_id)
    if contact.phone or contact.email:
        await _learn(contact, view.id, call, tx)
    return view


async def _learn(told: InboundContact, contact_id: str, call: Call, tx: Transaction) -> None:
    """Keep what the channel tells of somebody, where nobody has said anything else."""
    known = await tx.contact_by_id(contact_id)
    if known is not None and known.learn(phone=told.phone, email=told.email, at=call.now):
        await tx.save_contact(known)


async def message_called(conversation: Conversation, external_id: str, tx: Transaction) -> str | None:
    """The id of the message that the platform calls so, in it or in what was merged into it."""
    for place in (conversation.id, *conversation.merged):
        found = await tx.message_by_external_id(place, external_id)
        if found is not None:
            return found
    return None


async def message_here(conversation: Conversation, message_id: str, tx: Transaction) -> MessageView | None:
    """A message of a conversation, or of what was merged into it."""
    for place in (conversation.id, *conversation.merged):
        found = await tx.message(place, message_id)
        if found is not None:
            return found
    return None
