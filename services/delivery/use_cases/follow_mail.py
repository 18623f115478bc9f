"""Keep what the mails of a conversation answer, so that the next one stands in their thread."""

from libs.contracts.conversation import MessageRecorded
from libs.contracts.messages import MessageRetried
from libs.contracts.vocabulary import Channel, Direction
from services.delivery.domain.mail_thread import MailThread
from services.delivery.use_cases.ports import MailThreads, Now


class FollowMail:
    """Adds each mail to the thread of its conversation."""

    def __init__(self, threads: MailThreads, now: Now) -> None:
        self._threads = threads
        self._now = now

    async def __call__(self, event: MessageRecorded | MessageRetried) -> MailThread | None:
        """The thread as it was before this message; None for a message that is no mail, or names no id. A
        repeat changes nothing. Raises TransientError.
        """
        message, conversation = event.message, event.conversation
        if conversation.channel is not Channel.EMAIL:
            return None
        inbound = message.direction is Direction.INBOUND
        reference = _written_under(event) if inbound else message.id
        before = await self._threads.of(conversation.id)
        if reference is None:
            return before
        after = before.with_message(reference, inbound=inbound, subject=message.subject)
        if after != before:
            await self._threads.keep(conversation.id, after, self._now())
        return before.without(reference)


def _written_under(event: MessageRecorded | MessageRetried) -> str | None:
    """The Message-ID of a mail to us."""
    ids = event.other_ids if isinstance(event, MessageRecorded) else ()
    return next((one for one in ids if "@" in one), None)
