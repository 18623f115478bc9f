"""Postmark, both directions: the API that sends mail, and the inbound and tracking webhooks."""

from libs.standins.postmark.server import PostmarkServer
from libs.standins.postmark.standin import PostmarkStandin

__all__ = ["PostmarkServer", "PostmarkStandin"]
