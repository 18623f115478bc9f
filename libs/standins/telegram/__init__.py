"""Telegram, both directions: the Bot API that takes messages, and the people whose updates reach webhooks."""

from libs.standins.telegram.bot import TelegramBot
from libs.standins.telegram.standin import TelegramStandin

__all__ = ["TelegramBot", "TelegramStandin"]
