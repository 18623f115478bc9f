"""Put an outbound message that was recorded into the ledger; send it at once where nothing is before it."""

from libs.contracts.conversation import ConversationEvent, MessageRecorded
from libs.contracts.envelope import Envelope
from libs.contracts.errors import ErrorCode, PermanentError
from libs.contracts.messages import MessageRetried
from libs.contracts.topology import conversation_crc
from libs.contracts.vocabulary import Channel
from services.delivery.domain.pacing import Gate
from services.delivery.domain.reply import LEASE, Claim, Reply, is_ours, reply_from
from services.delivery.domain.status_there import status_row
from services.delivery.use_cases.dispatch_replies import DispatchReplies
from services.delivery.use_cases.follow_mail import FollowMail
from services.delivery.use_cases.ports import Ledger, Now, Place


class TakeReply:
    """Takes `conversation.message_recorded.v1`. What is not to be sent here costs no more than a look at it.

    A row that nothing is before is written as claimed already, which saves a round trip a message. The claim
    is named after this start of the process and the message: when the answer to the write is lost, its repeat
    finds that the row is ours. A restarted process must not: it cannot know whether the row was sent.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        dispatcher: DispatchReplies,
        follow_mail: FollowMail,
        served: frozenset[Channel],
        boot: str,
        now: Now,
    ) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._follow_mail = follow_mail
        self._served = served
        self._boot = boot
        self._now = now

    async def __call__(self, event: MessageRecorded, envelope: Envelope) -> None:
        """Take it. A repeat changes nothing. Raises TransientError, or PermanentError for a conversation
        whose id is not one.
        """
        if self._dispatcher.is_sending(event.message.id):
            return
        thread = await self._follow_mail(event)
        if not is_ours(event, self._served):
            return
        _check_id(event.conversation.id)
        reply = reply_from(event, envelope, self._now(), thread)
        gate = await self._dispatcher.gate_of(reply.connection_id)
        if self._dispatcher.enter(gate):
            await self._add_claimed(reply, gate)
        elif (await self._ledger.add(reply, None)).place is Place.HEAD:
            self._dispatcher.wake()

    async def again(self, event: MessageRetried, envelope: Envelope) -> None:
        """Take one that a person wants sent once more, as the last of its line. Raises as above."""
        if not is_ours(event, self._served):
            return
        _check_id(event.conversation.id)
        thread = await self._follow_mail(event)
        added = await self._ledger.add_again(reply_from(event, envelope, self._now(), thread))
        if added.place is Place.HEAD:
            self._dispatcher.wake()

    async def status(self, event: ConversationEvent, envelope: Envelope) -> None:
        """Have the platform told what became of a conversation, where it has a status of its own for it.
        Raises as above.
        """
        row = status_row(event, envelope, self._now())
        if row is None or row.channel not in self._served:
            return
        _check_id(row.conversation_id)
        if (await self._ledger.add(row, None)).place is Place.HEAD:
            self._dispatcher.wake()

    async def _add_claimed(self, reply: Reply, gate: Gate) -> None:
        claim = Claim(f"{self._boot}:{reply.message_id}", self._now() + LEASE)
        added = None
        try:
            added = await self._ledger.add(reply, claim)
        finally:
            if added is None or added.place is not Place.CLAIMED:
                self._dispatcher.leave(gate)
        if added.place is Place.CLAIMED:
            self._dispatcher.launch(added.reply, gate)


def _check_id(conversation_id: str) -> None:
    try:
        conversation_crc(conversation_id)
    except ValueError as error:
        raise PermanentError(ErrorCode.UNREADABLE, "not a conversation's id") from error
