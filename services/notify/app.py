"""Notify's composition root: the only file that sees everything."""

from libs.contracts.erasure import ConversationErased
from libs.runtime.erasing import EraseConversation
from libs.runtime.foundation import Foundation
from libs.runtime.realtime import RealtimePublisher
from libs.runtime.service import Service
from services.notify.adapters import mongo_frames
from services.notify.adapters.mongo_frames import MongoFrames
from services.notify.entrypoints.subscribers import subscribe
from services.notify.settings import NotifySettings
from services.notify.use_cases.get_frames import GetFrames
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.tell_about_event import TellAboutEvent


async def build(settings: NotifySettings) -> Service:
    """The service, ready to run."""
    foundation = Foundation("notify", settings, indexes=mongo_frames.INDEXES, relays=False)
    realtime = RealtimePublisher(settings.rabbitmq_url, "notify")
    frames = MongoFrames(foundation.store)

    async def erase_frames(event: ConversationErased) -> None:
        await frames.erase(event.conversation.account_id, event.conversation.id)

    subscribe(
        foundation.consumers,
        tell_about_event=TellAboutEvent(realtime, NumberFrames(frames, realtime, batch=settings.batch)),
        get_frames=GetFrames(frames),
        erase=EraseConversation(erase_frames, foundation.store, foundation.publisher, "notify"),
        prefetch=settings.prefetch,
    )
    foundation.service.on_stop(realtime.close)
    return foundation.start_consuming()
