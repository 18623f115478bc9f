"""What notify reads from the broker, and which use case takes it."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from libs.contracts import topology
from libs.contracts.base import REGISTER
from libs.contracts.chatbots import ChatbotDeleted
from libs.contracts.conversation import ConversationEvent
from libs.contracts.delivery import ConnectionChanged
from libs.contracts.envelope import Envelope
from libs.contracts.erasure import ConversationErased
from libs.contracts.notification_settings import GetNotificationSettings, PutNotificationSettings
from libs.contracts.notify import FramesAfter
from libs.contracts.presence import PresenceChanged
from libs.runtime.consuming import Consumers
from libs.runtime.received import Received
from services.notify.use_cases.get_frames import GetFrames
from services.notify.use_cases.notification_settings import KeepSettings
from services.notify.use_cases.queue_webhooks import QueueWebhooks
from services.notify.use_cases.tell_about_connection import TellAboutConnection
from services.notify.use_cases.tell_about_event import TellAboutEvent
from services.notify.use_cases.tell_about_presence import TellAboutPresence

#: Forgets a conversation, and says so.
Erase = Callable[[ConversationErased, Envelope], Awaitable[None]]


def conversation_of(envelope: Envelope) -> str:
    """Events of one conversation are told one after the other, and so are those of an account's people;
    frames of an account are put in line by their numbers, whatever they are of.
    """
    return envelope.subject or envelope.accountid


def subscribe(
    consumers: Consumers,
    *,
    tell_about_event: TellAboutEvent,
    tell_about_presence: TellAboutPresence,
    tell_about_connection: TellAboutConnection,
    queue_webhooks: QueueWebhooks,
    get_frames: GetFrames,
    keep_settings: KeepSettings,
    erase: Erase,
    prefetch: int,
) -> None:
    """Wire the use cases to their queues."""

    async def on_event(received: Received[ConversationEvent]) -> BaseModel | None:
        await tell_about_event(received.message, received.envelope)
        await queue_webhooks(received.message, received.envelope.id)
        if isinstance(received.message, ConversationErased):
            await erase(received.message, received.envelope)
        return None

    async def on_presence(received: Received[PresenceChanged]) -> BaseModel | None:
        await tell_about_presence(received.message, received.envelope.id)
        return None

    async def on_chatbot_deleted(_: Received[ChatbotDeleted]) -> BaseModel | None:
        return None  # Comes with all events of an account. Its connections' ends are told one by one.

    async def on_connection_changed(received: Received[ConnectionChanged]) -> BaseModel | None:
        await tell_about_connection(received.message, received.envelope)
        return None

    async def on_frames_after(received: Received[FramesAfter]) -> BaseModel | None:
        return await get_frames(received.message, account_id=received.envelope.accountid)

    async def on_get_settings(received: Received[GetNotificationSettings]) -> BaseModel | None:
        return await keep_settings.get(received.message, account_id=received.envelope.accountid)

    async def on_put_settings(received: Received[PutNotificationSettings]) -> BaseModel | None:
        envelope = received.envelope
        return await keep_settings.put(
            received.message, account_id=envelope.accountid, given_at=envelope.time
        )

    events = [kind for kind in REGISTER.values() if issubclass(kind, ConversationEvent)]
    consumers.partitions(
        [topology.notify_partition_queue(name) for name in topology.partition_names("a")],
        {
            **dict.fromkeys(events, on_event),
            PresenceChanged: on_presence,
            ChatbotDeleted: on_chatbot_deleted,
            ConnectionChanged: on_connection_changed,
        },
        prefetch=prefetch,
        lock_key=conversation_of,
    )
    consumers.queries("notify", {FramesAfter: on_frames_after, GetNotificationSettings: on_get_settings})
    consumers.work_queue(topology.NOTIFY_PUT_SETTINGS, {PutNotificationSettings: on_put_settings})
