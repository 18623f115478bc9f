"""Where each platform keeps the files of its messages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from libs.contracts.conversation import Attachment
from services.delivery.adapters.http_caller import HttpAnswer, HttpCaller
from services.delivery.adapters.media_download import MediaDownloader
from services.delivery.adapters.telegram_api import Answer, TelegramApi
from services.delivery.adapters.telegram_errors import meaning as telegram_meaning
from services.delivery.adapters.whatsapp_errors import meaning as whatsapp_meaning
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Refused, Retry
from services.delivery.use_cases.media_ports import Download

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,1023}")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}")
#: A store of files behind an application redirects to where the bytes are.
_MOST_REDIRECTS = 3

Found = Download | Refused | Retry


class TelegramMedia:
    """`getFile`, then the file server. Source: Bot API, "getFile"; files over 20 MB are not given out."""

    def __init__(self, api: TelegramApi, downloader: MediaDownloader, *, default_base: str) -> None:
        self._api = api
        self._downloader = downloader
        self._default_base = default_base

    @asynccontextmanager
    async def open(self, connection: Connection, attachment: Attachment) -> AsyncIterator[Found]:
        """The file that this bot was sent."""
        base = connection.settings.get("api_base_url")
        base = base if isinstance(base, str) and base else self._default_base
        token = connection.credentials.get("token", "")
        answer = await self._api.call(base, token, "getFile", {"file_id": attachment.reference})
        result = answer.result if isinstance(answer, Answer) else None
        if result is None:
            yield _failure(telegram_meaning(answer) if isinstance(answer, Answer) else answer)
            return
        path = result.get("file_path")
        if not isinstance(path, str) or not _PATH.fullmatch(path) or ".." in path:
            yield Refused("file_missing")
            return
        async with self._downloader.open(f"{base.rstrip('/')}/file/bot{token}/{quote(path)}") as found:
            yield found


class WhatsAppMedia:
    """A media id leads to an address that is good for five minutes. Source: Graph API, "Get Media URL"."""

    def __init__(self, caller: HttpCaller, downloader: MediaDownloader, *, default_base: str) -> None:
        self._caller = caller
        self._downloader = downloader
        self._default_base = default_base

    @asynccontextmanager
    async def open(self, connection: Connection, attachment: Attachment) -> AsyncIterator[Found]:
        """The file that this number was sent."""
        settings = connection.settings
        base, version = settings.get("api_base_url"), settings.get("version", "v24.0")
        base = base if isinstance(base, str) and base else self._default_base
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            yield Refused("misconfigured")
            return
        headers = {"Authorization": f"Bearer {connection.credentials.get('token', '')}"}
        address = f"{base.rstrip('/')}/{version}/{quote(attachment.reference, safe='')}"
        answer = await self._caller.get(address, headers=headers)
        body = answer.body if isinstance(answer, HttpAnswer) and answer.succeeded else None
        if body is None:
            yield _failure(whatsapp_meaning(answer) if isinstance(answer, HttpAnswer) else answer)
            return
        url = body.get("url")
        if not isinstance(url, str):
            yield Refused("file_missing")
            return
        async with self._downloader.open(url, headers=headers, redirects=_MOST_REDIRECTS) as found:
            yield found


class LinkedMedia:
    """The platform's message has the address itself (Chatwoot's `data_url`), which redirects."""

    def __init__(self, downloader: MediaDownloader) -> None:
        self._downloader = downloader

    @asynccontextmanager
    async def open(
        self,
        connection: Connection,  # noqa: ARG002 - the port's; an address that anybody may read needs none
        attachment: Attachment,
    ) -> AsyncIterator[Found]:
        """The file at that address."""
        async with self._downloader.open(attachment.reference, redirects=_MOST_REDIRECTS) as found:
            yield found


def _failure(outcome: object) -> Refused | Retry:
    if isinstance(outcome, Refused | Retry):
        return outcome
    return Retry("unreachable")  # asking for a file twice doubles nothing
