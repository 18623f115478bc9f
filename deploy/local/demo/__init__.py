"""The demo account, and one conversation played on it."""
