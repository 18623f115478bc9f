"""The commands that the AI takes, decoded into its own words, and the decision sent back as a command."""

from typing import Protocol

from libs.contracts import topology
from libs.contracts.ai import AddDocument, AnswerContact
from libs.contracts.base import Actor, Command
from libs.contracts.conversation import Citation, HandOffConversation, PostBotReply, SkipAnswer
from libs.contracts.envelope import wrap
from libs.contracts.errors import ErrorCode, PermanentError, TransientError
from libs.contracts.vocabulary import ActorKind, HandoffReason
from libs.runtime.clock import now
from libs.runtime.ids import derived_id
from libs.runtime.logs import get_logger
from libs.runtime.publisher import Publisher
from libs.runtime.received import Received, Routes
from libs.runtime.telemetry import current_traceparent
from services.ai.domain import contact_requests as ai
from services.ai.domain.analysis import by_rules
from services.ai.domain.documents import DocumentKey, KnowledgeBase
from services.ai.domain.files import InvalidDocument
from services.ai.domain.rules import HandoffRules
from services.ai.domain.wording import person_option
from services.ai.entrypoints.drafting import Remember

SOURCE = "ai"

_log = get_logger("ai")


class Decide(Protocol):
    """The use case `AnswerContact`."""

    async def __call__(self, request: ai.ContactRequest) -> ai.Answer | ai.Handoff | ai.NoAnswer:
        """Decide on one message."""
        ...


class TakeIn(Protocol):
    """The use case that stores a document and brings this replica's index up to date."""

    async def __call__(self, key: DocumentKey, markdown: str) -> object:
        """Store and index."""
        ...


class Subscribers:
    """One method a command."""

    def __init__(self, decide: Decide, take_in: TakeIn, remember: Remember, publisher: Publisher) -> None:
        self._decide = decide
        self._remember = remember
        self._take_in = take_in
        self._publisher = publisher

    def answers(self) -> Routes:
        """Routes of the queue of questions."""
        return {AnswerContact: self.on_answer_contact}

    def documents(self) -> Routes:
        """Routes of the queue of documents."""
        return {AddDocument: self.on_add_document}

    async def on_answer_contact(self, received: Received[AnswerContact]) -> None:
        """Decide, and send the decision to the conversation's partition.

        Its id is derived from the question's, so that a question delivered twice is answered once. Past its
        deadline a question is not answered: the conversation has been handed over by then.
        """
        question = received.message
        if now() > question.answer_by:
            return
        request = _request(received)
        decision = await self._decide(request)
        command = _command(question, decision)
        conversation = question.conversation
        envelope = wrap(
            command,
            id=derived_id("decision", received.envelope.id),
            source=SOURCE,
            time=now(),
            accountid=received.envelope.accountid,
            subject=conversation.id,
            cause=received.envelope,
            traceparent=current_traceparent(),
        )
        partition = topology.partition(topology.conversation_crc(conversation.id))
        await self._publisher.publish(
            envelope, exchange=topology.CONVERSATION_COMMANDS, routing_key=f"{partition}.{command.type}"
        )
        if isinstance(decision, ai.Answer) and decision.kind == "answer":
            await self._keep(request, envelope.id, decision)

    async def _keep(self, request: ai.ContactRequest, id: str, answer: ai.Answer) -> None:  # noqa: A002
        """A store that is away for a moment costs what would be learnt of the answer, not the answer."""
        try:
            await self._remember(
                request,
                id,
                answer.language,
                answer.text,
                documents=[one.document_id for one in answer.citations],
                intent=by_rules(request.message.text).intent,
                outcome="answered",
            )
        except TransientError as error:
            _log.warning("an answer was not kept to learn from", error_type=type(error).__name__)

    async def on_add_document(self, received: Received[AddDocument]) -> None:
        """Take a document in. Raises PermanentError for one that cannot be one."""
        command = received.message
        base = KnowledgeBase(received.envelope.accountid, command.chatbot_id)
        try:
            await self._take_in(DocumentKey(base, command.document_id), command.text)
        except InvalidDocument as error:
            raise PermanentError(ErrorCode.INVALID, str(error)) from error


def _request(received: Received[AnswerContact]) -> ai.ContactRequest:
    question = received.message
    turns = tuple(ai.Turn(turn.message_id, turn.role, turn.text) for turn in question.turns)
    message = next((turn for turn in turns if turn.id == question.message_id), None)
    if message is None:
        raise PermanentError(ErrorCode.INVALID, "the message to answer is not among the turns")
    return ai.ContactRequest(
        account_id=received.envelope.accountid,
        chatbot=ai.Chatbot(
            id=question.chatbot.id,
            name=question.chatbot.name,
            instructions=question.chatbot.instructions,
            rules=HandoffRules(keywords=question.chatbot.handoff_keywords),
        ),
        message=message,
        turns=turns,
        has_attachment=question.has_attachment,
        conversation_id=question.conversation.id,
        contact_names=(question.conversation.contact.name,),
        contact_value=question.contact_value,
        department=question.conversation.department,
    )


def _command(question: AnswerContact, decision: ai.Answer | ai.Handoff | ai.NoAnswer) -> Command:
    actor = Actor(kind=ActorKind.AI, id=question.chatbot.id, name=question.chatbot.name)
    conversation_id = question.conversation.id
    match decision:
        case ai.Handoff():
            return HandOffConversation(
                actor=actor,
                conversation_id=conversation_id,
                reason=HandoffReason(decision.reason),
                notice=decision.text,
                handoff_epoch=question.handoff_epoch,
                answers_message_id=question.message_id,
            )
        case ai.NoAnswer():
            return SkipAnswer(
                actor=actor,
                conversation_id=conversation_id,
                handoff_epoch=question.handoff_epoch,
                answers_message_id=question.message_id,
            )
        case ai.Answer():
            return PostBotReply(
                actor=actor,
                conversation_id=conversation_id,
                handoff_epoch=question.handoff_epoch,
                answers_message_id=question.message_id,
                content=decision.text,
                citations=tuple(
                    Citation(
                        document_id=one.document_id, chunk_id=one.chunk_id, title=one.title, quote=one.quote
                    )
                    for one in decision.citations
                ),
                confidence=decision.confidence,
                person_option=person_option(decision.language),
                unsupported=decision.kind in ("clarify", "not_found"),
            )
