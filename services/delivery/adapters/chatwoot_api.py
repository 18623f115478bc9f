"""Calls of Chatwoot's application API: addresses, headers, and whether an answer is one of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.delivery.adapters.chatwoot_errors import meaning
from services.delivery.adapters.http_caller import Failure, HttpAnswer, HttpCaller
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Unclear

#: What people paste after the address of their installation.
_PASTED = re.compile(r"/(app|api/v1)(/accounts/.*)?$")
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ChatwootApi:
    """The API of one connection's account."""

    caller: HttpCaller

    async def post(
        self, connection: Connection, account: str, path: str, body: Mapping[str, Any]
    ) -> HttpAnswer | Failure:
        """Post JSON."""
        return await self.caller.post(address(connection, account, path), body, headers=headers(connection))

    async def get(
        self, connection: Connection, account: str, path: str, **params: str
    ) -> HttpAnswer | Failure:
        """Ask for something."""
        where = address(connection, account, path)
        return await self.caller.get(where, headers=headers(connection), params=params or None)

    async def upload(
        self,
        connection: Connection,
        account: str,
        path: str,
        data: Mapping[str, str],
        files: list[tuple[str, tuple[str, bytes, str]]],
    ) -> HttpAnswer | Failure:
        """Post a form with files."""
        where = address(connection, account, path)
        return await self.caller.upload(where, headers=headers(connection), data=data, files=files)


def address(connection: Connection, account: str, path: str) -> str:
    """The same with and without a trailing slash; one that is none ends as `misconfigured`."""
    base = connection.settings.get("api_base_url")
    root = _PASTED.sub("", base.rstrip("/")).rstrip("/") if isinstance(base, str) else ""
    if not root or not _NUMBER.fullmatch(account):
        return "misconfigured://chatwoot"
    return f"{root}/api/v1/accounts/{account}/{path}"


def headers(connection: Connection) -> dict[str, str]:
    """In the spelling that proxies let through, which drop names with underscores."""
    return {"Api-Access-Token": connection.credentials["token"]}


def object_of(answer: HttpAnswer | Failure) -> Mapping[str, Any] | Outcome:
    """The answer's object where it is one of success, and what it comes to where it is not."""
    if not isinstance(answer, HttpAnswer):
        return answer
    return answer.body if answer.succeeded and answer.body is not None else meaning(answer)


def before_anything(outcome: Outcome) -> Outcome:
    """What a failed step that shows nobody anything comes to: it may simply be done again."""
    return Retry("platform_error") if isinstance(outcome, Unclear) else outcome


Step = Mapping[str, Any] | Retry | Refused | Unclear | NotTried
