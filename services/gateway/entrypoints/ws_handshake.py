"""Who opens a socket, and until when they may keep it: the same for every socket of people."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.contracts.errors import DomainError, ErrorCode, ParleyError, TransientError
from services.gateway.domain import policy
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.client_frames import read_authenticate
from services.gateway.domain.ended_sessions import Cut, EndedSessions, name_of
from services.gateway.entrypoints.http_guard import bearer_token
from services.gateway.entrypoints.request_limits import RequestLimits
from services.gateway.entrypoints.ws_socket import (
    FORBIDDEN,
    TRY_AGAIN,
    UNAUTHENTICATED,
    OnOpen,
    OnText,
    Socket,
    close,
)
from services.gateway.use_cases.api_key_ports import IdentifyCaller
from services.gateway.use_cases.ports import Now

#: Seconds within which a socket has to say who it is.
AUTH_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose socket it is, and the newest number of its topic that the client has."""

    caller: PersonCaller
    last_seq: int | None


class Handshake:
    """Opens sockets and keeps them as long as their token and their log-in count."""

    def __init__(
        self,
        identify: IdentifyCaller,
        limits: RequestLimits,
        ended: EndedSessions,
        now: Now,
        *,
        auth_limit: float = AUTH_LIMIT,
    ) -> None:
        self._identify = identify
        self._limits = limits
        self._ended = ended
        self._now = now
        self._auth_limit = auth_limit

    async def __call__(self, websocket: WebSocket, operation: str) -> Opened | None:
        """Accept it and find out who it is; None for one that was closed again, or has left."""
        await websocket.accept()
        try:
            self._limits.count_address(websocket)
            opened = await self._authenticate(websocket)
            self._limits.count_person(opened.caller)
        except WebSocketDisconnect:
            return None
        except (ParleyError, TimeoutError) as error:
            await _refuse(websocket, error)
            return None
        if not policy.may_call(operation, opened.caller.role, opened.caller.scopes):
            await close(websocket, FORBIDDEN, "not for this role")
            return None
        return opened

    async def keep(self, caller: PersonCaller, socket: Socket, on_open: OnOpen, on_text: OnText) -> None:
        """Serve it until it ends, its token ends, or its log-in does."""
        left = (caller.expires_at - self._now()).total_seconds()

        def cut() -> None:
            socket.cut(UNAUTHENTICATED, "logged out")

        with self._ended.watch(caller.session_id, cut), self._watch_person(caller, cut):
            await socket.run(on_open, on_text, ends_in=left)

    def _watch_person(self, caller: PersonCaller, cut: Cut) -> AbstractContextManager[None]:
        """Of whom an outside provider vouches for there is no log-in that could end: what ends is what was
        known of them.
        """
        if caller.vouched is None:
            return nullcontext()
        name = name_of(caller.person.id, caller.account_id)
        return self._ended.watch(name, cut, since=caller.vouched.known_at)

    async def _authenticate(self, websocket: WebSocket) -> Opened:
        """By header, address or first frame."""
        last_seq = last_seq_of(websocket)
        token = bearer_token(websocket) or websocket.query_params.get("token")
        if token is None:
            async with asyncio.timeout(self._auth_limit):
                frame = read_authenticate(await _first_text(websocket))
            token, last_seq = frame.token, frame.last_seq if last_seq is None else last_seq
        return Opened(await self._identify(token), last_seq)


async def _refuse(websocket: WebSocket, error: Exception) -> None:
    if isinstance(error, DomainError) and error.code == ErrorCode.RATE_LIMITED:
        await close(websocket, TRY_AGAIN, "too many requests")
        return
    if isinstance(error, TransientError):
        await close(websocket, TRY_AGAIN, "who it is cannot be told now")
        return
    await close(websocket, UNAUTHENTICATED, "not authenticated")


async def _first_text(websocket: WebSocket) -> str:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if not isinstance(text, str):
        raise DomainError(ErrorCode.UNAUTHENTICATED, "The first frame is no text.")
    return text


def last_seq_of(websocket: WebSocket) -> int | None:
    """The address's `last_seq`, if it is a number."""
    text = websocket.query_params.get("last_seq", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
