"""The channels that post webhooks, by kind. A further one is a module of its own and a line here."""

from collections.abc import Mapping

from libs.contracts.vocabulary import Channel
from services.gateway.domain.chatwoot import Chatwoot
from services.gateway.domain.email import Email
from services.gateway.domain.telegram import Telegram
from services.gateway.domain.webhooks import WebhookChannel
from services.gateway.domain.whatsapp import WhatsApp

CHANNELS: Mapping[Channel, WebhookChannel] = {
    Channel.TELEGRAM: Telegram(),
    Channel.WHATSAPP: WhatsApp(),
    Channel.EMAIL: Email(),
    Channel.CHATWOOT: Chatwoot(),
}
