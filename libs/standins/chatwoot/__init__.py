"""Chatwoot, both directions: the application API, and the webhooks of accounts and agent bots."""

from libs.standins.chatwoot.account import ChatwootAccount
from libs.standins.chatwoot.standin import ChatwootStandin

__all__ = ["ChatwootAccount", "ChatwootStandin"]
