"""WhatsApp Cloud API, both directions: Graph calls that send, and the webhooks of people and receipts."""

from libs.standins.whatsapp.number import WhatsAppNumber
from libs.standins.whatsapp.standin import WhatsAppStandin

__all__ = ["WhatsAppNumber", "WhatsAppStandin"]
