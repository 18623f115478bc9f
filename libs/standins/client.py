"""Steering a stand-in that runs in another process, over its control API."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from libs.standins.control import MAX_WAIT_S
from libs.standins.model.client import ModelClient
from libs.standins.party_client import PartyClient
from libs.standins.telegram.client import TelegramBotClient

JsonObject = dict[str, Any]


class StandinClientError(Exception):
    """The stand-in refused; ``status`` is its HTTP status and the text its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status


class StandinClient:
    """The control API of a stand-in process. Use as ``async with StandinClient(base_url) as standin``.

    Every call has a time limit of ``time_limit_s`` beyond what the stand-in itself was asked to wait.
    """

    def __init__(self, base_url: str, *, time_limit_s: float = 5.0) -> None:
        self.base_url = base_url.rstrip("/")
        limit = httpx.Timeout(time_limit_s, read=time_limit_s + MAX_WAIT_S)
        # trust_env: a proxy of the environment must not come between two processes of one machine.
        self._http = httpx.AsyncClient(base_url=self.base_url, timeout=limit, trust_env=False)

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> JsonObject:
        """Call ``/_control{path}``. StandinClientError when refused, httpx's errors when out of reach."""
        answer = await self._http.request(
            method,
            f"/_control{path}",
            json=body,
            params={name: value for name, value in (query or {}).items() if value is not None} or None,
        )
        if answer.is_success:
            return dict(answer.json()) if answer.content else {}
        try:
            reason = str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            reason = answer.reason_phrase
        raise StandinClientError(answer.status_code, reason)

    async def platforms(self) -> list[str]:
        """Return the platforms the stand-in plays; answers as soon as it is ready."""
        return list((await self.call("GET", ""))["platforms"])

    async def reset(self) -> None:
        """Forget everything on every platform."""
        await self.call("POST", "/reset")

    async def register_telegram_bot(self, token: str, **settings: Any) -> TelegramBotClient:
        """Register a bot or bring it up to date, and return what steers it.

        Settings: ``secret``, ``webhook_url``, ``username``, ``first_name``, ``speed_up``, ``time_limit_s``,
        ``max_connections``, ``allowed_updates``; those not given stay.
        """
        shown = await self.call("POST", "/telegram/bots", {"token": token, **settings})
        return self.telegram_bot(int(shown["id"]))

    def telegram_bot(self, bot_id: int) -> TelegramBotClient:
        """Return what steers a bot that is registered."""
        return TelegramBotClient(self.call, bot_id)

    @property
    def model(self) -> ModelClient:
        """Return what steers the model endpoint."""
        return ModelClient(self.call)

    async def register(self, platform: str, **settings: Any) -> PartyClient:
        """Register a number (``whatsapp``), a server (``postmark``) or an account (``chatwoot``), or bring it
        up to date, and return what steers it. The settings stand in the README.
        """
        shown = await self.call("POST", f"/{platform}", settings)
        return self.party(platform, str(shown["id"]))

    def party(self, platform: str, party_id: str) -> PartyClient:
        """Return what steers one that is registered."""
        return PartyClient(self.call, platform, party_id)
