"""Tokens that were logged out with, in memory."""

from datetime import datetime


class InMemoryEndedTokens:
    def __init__(self) -> None:
        self.rows: dict[str, datetime] = {}

    async def end(self, token_id: str, until: datetime) -> None:
        self.rows[token_id] = until

    async def revoked_since(self, moment: datetime) -> list[str]:
        return [token_id for token_id, until in self.rows.items() if until > moment]
