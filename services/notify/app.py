"""Notify's composition root: the only file that sees everything."""

import random

from libs.contracts.erasure import ConversationErased
from libs.runtime.clock import now
from libs.runtime.erasing import EraseConversation
from libs.runtime.foundation import Foundation
from libs.runtime.logs import get_logger
from libs.runtime.realtime import RealtimePublisher
from libs.runtime.service import Service
from services.notify.adapters import mongo_frames, mongo_settings, mongo_webhooks
from services.notify.adapters.http_receivers import HttpReceivers
from services.notify.adapters.mongo_frames import MongoFrames
from services.notify.adapters.mongo_settings import MongoSettings
from services.notify.adapters.mongo_webhooks import MongoWebhooks
from services.notify.domain.internal_webhooks import key_of
from services.notify.entrypoints.subscribers import subscribe
from services.notify.entrypoints.webhook_sender import WebhookSender
from services.notify.settings import NotifySettings
from services.notify.use_cases.get_frames import GetFrames
from services.notify.use_cases.notification_settings import AddSettings, KeepSettings
from services.notify.use_cases.number_frames import NumberFrames
from services.notify.use_cases.post_webhooks import PostWebhooks
from services.notify.use_cases.queue_webhooks import QueueWebhooks
from services.notify.use_cases.tell_about_connection import TellAboutConnection
from services.notify.use_cases.tell_about_event import TellAboutEvent
from services.notify.use_cases.tell_about_presence import TellAboutPresence

_log = get_logger("internal_webhooks")


async def build(settings: NotifySettings) -> Service:
    """The service, ready to run."""
    foundation = Foundation(
        "notify",
        settings,
        indexes={**mongo_frames.INDEXES, **mongo_webhooks.INDEXES, **mongo_settings.INDEXES},
        relays=False,
    )
    realtime = RealtimePublisher(settings.rabbitmq_url, "notify")
    frames, settings_of_people = MongoFrames(foundation.store), MongoSettings(foundation.store)

    webhooks = MongoWebhooks(foundation.store, settings.instance)
    _post_webhooks(foundation, webhooks, settings)

    async def erase_frames(event: ConversationErased) -> None:
        await webhooks.erase(event.conversation.id)
        await frames.erase(event.conversation.account_id, event.conversation.id)

    number_frames = NumberFrames(frames, realtime, batch=settings.batch)
    subscribe(
        foundation.consumers,
        queue_webhooks=QueueWebhooks(webhooks, settings.internal_receivers, now),
        tell_about_event=TellAboutEvent(realtime, number_frames, AddSettings(settings_of_people)),
        tell_about_connection=TellAboutConnection(number_frames),
        tell_about_presence=TellAboutPresence(number_frames),
        get_frames=GetFrames(frames),
        keep_settings=KeepSettings(settings_of_people),
        erase=EraseConversation(erase_frames, foundation.store, foundation.publisher, "notify"),
        prefetch=settings.prefetch,
    )
    foundation.service.on_stop(realtime.close)
    return foundation.start_consuming()


def _post_webhooks(foundation: Foundation, webhooks: MongoWebhooks, settings: NotifySettings) -> None:
    if not settings.internal_receivers:
        return
    receivers = HttpReceivers()

    def set_aside(event_id: str) -> None:
        _log.error("internal webhook set aside", event_id=event_id)

    post = PostWebhooks(
        webhooks,
        receivers,
        key_of(settings.internal_webhook_secret.get_secret_value()),
        now,
        random.random,
        set_aside,
    )
    foundation.service.background(WebhookSender(post, settings.internal_receivers).run)
    foundation.service.on_stop(receivers.close)
