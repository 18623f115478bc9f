"""What the AI gets to know of a conversation, and how it is asked for a suggestion."""

from libs.contracts.ai import ChatbotProfile, Turn
from libs.contracts.base import SYSTEM
from libs.contracts.suggestions import DraftReply, Wishes
from libs.contracts.topology import AI_COMMANDS
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.ports import Call, Chatbot, Transaction

#: Turns the AI gets, the message to answer among them.
MOST_TURNS = 20


def profile_of(chatbot: Chatbot) -> ChatbotProfile:
    """The chatbot as the AI knows it."""
    return ChatbotProfile(
        id=chatbot.id,
        name=chatbot.name,
        instructions=chatbot.instructions,
        handoff_keywords=chatbot.handoff_keywords,
    )


async def turns_of(conversation: Conversation, tx: Transaction, *, whole: bool = False) -> tuple[Turn, ...]:
    """What was said in it, and in what was merged into it, the newest; `whole`: also what is settled."""
    after = 0 if whole else conversation.settled_at_sequence
    return await tx.turns(conversation.id, after, MOST_TURNS, merged=conversation.merged)


async def ask_for_suggestion(
    conversation: Conversation,
    chatbot: Chatbot,
    message_id: str,
    request_id: str,
    call: Call,
    tx: Transaction,
    *,
    wishes: Wishes | None = None,
    turns: tuple[Turn, ...] = (),
) -> None:
    """Have a reply drafted, in place of what is proposed or drafted now. The message must be stored. `turns`
    take the place of what is stored.
    """
    turns = turns or await turns_of(conversation, tx)
    before = conversation.suggestion
    contact = await tx.contact_by_id(conversation.contact.id)
    conversation.ask_draft(request_id, SYSTEM, call.now)
    tx.send(
        DraftReply(
            actor=SYSTEM,
            conversation=conversation.ref(),
            chatbot=profile_of(chatbot),
            request_id=request_id,
            message_id=message_id,
            turns=turns,
            wishes=wishes or Wishes(),
            avoid=before.body if before and wishes else None,
            contact_value=(contact.value if contact else None) or 0.0,
        ),
        exchange=AI_COMMANDS,
        subject=conversation.id,
    )
