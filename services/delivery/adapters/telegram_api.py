"""One call of Telegram's Bot API over HTTP.

The token is part of the address. So no address, no exception of the HTTP library and no text of one leaves
HttpCaller: what went wrong comes back as one of our own words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.delivery.adapters.http_caller import Failure, HttpAnswer, HttpCaller


@dataclass(frozen=True, slots=True)
class Answer:
    """What Telegram said."""

    http: HttpAnswer

    @property
    def status(self) -> int:
        """The HTTP status, which equals `error_code`."""
        return self.http.status

    @property
    def body(self) -> Mapping[str, Any] | None:
        """None when it is not a JSON object, as from a proxy in front of it."""
        return self.http.body

    @property
    def retry_after(self) -> float | None:
        """The hint of the header, in seconds."""
        return self.http.retry_after

    @property
    def description(self) -> str:
        """Its words, for people."""
        description = self.body.get("description") if self.body else None
        return description if isinstance(description, str) else ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it added for programs."""
        parameters = self.body.get("parameters") if self.body else None
        return parameters if isinstance(parameters, dict) else {}

    @property
    def result(self) -> Mapping[str, Any] | None:
        """The result of a call that worked, where it is an object."""
        if not self.body or self.body.get("ok") is not True:
            return None
        result = self.body.get("result")
        return result if isinstance(result, dict) else {}


class TelegramApi:
    """Calls methods."""

    def __init__(self, caller: HttpCaller) -> None:
        self._caller = caller

    async def call(
        self, base: str, token: str, method: str, parameters: Mapping[str, Any]
    ) -> Answer | Failure:
        """Post one call."""
        answer = await self._caller.post(f"{base.rstrip('/')}/bot{token}/{method}", parameters)
        return Answer(answer) if isinstance(answer, HttpAnswer) else answer

    async def upload(
        self,
        base: str,
        token: str,
        method: str,
        parameters: Mapping[str, Any],
        file: tuple[str, tuple[str, bytes, str]],
    ) -> Answer | Failure:
        """Post one call with a file: its parameter, then name, bytes and content type."""
        form = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()
        }
        address = f"{base.rstrip('/')}/bot{token}/{method}"
        answer = await self._caller.upload(address, headers={}, data=form, files=[file])
        return Answer(answer) if isinstance(answer, HttpAnswer) else answer
