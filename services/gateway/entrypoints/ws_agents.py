"""`/ws`: the socket of agents and admins."""

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.contracts.errors import DomainError, ErrorCode, ParleyError
from services.gateway.domain import policy, server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.client_frames import (
    Ping,
    Subscribe,
    Unsubscribe,
    read_agent_frame,
    read_authenticate,
)
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.entrypoints.http_guard import bearer_token
from services.gateway.entrypoints.ws_socket import FORBIDDEN, UNAUTHENTICATED, Socket, close
from services.gateway.use_cases.follow_topics import FollowTopics
from services.gateway.use_cases.ports import Now, Sink, Tokens

#: Seconds within which a socket has to say who it is.
AUTH_LIMIT = 10.0

MakeSocket = Callable[[WebSocket], Socket]


class AgentSocket:
    """Serves one connection after another."""

    def __init__(
        self,
        tokens: Tokens,
        follow: Callable[[PersonCaller, Sink], FollowTopics],
        make_socket: MakeSocket,
        now: Now,
        ended: EndedSessions,
        *,
        auth_limit: float = AUTH_LIMIT,
    ) -> None:
        self._ended = ended
        self._tokens = tokens
        self._follow = follow
        self._make_socket = make_socket
        self._now = now
        self._auth_limit = auth_limit

    async def __call__(self, websocket: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        await websocket.accept()
        try:
            caller, last_seq = await authenticate(websocket, self._tokens, self._auth_limit)
        except WebSocketDisconnect:
            return
        except (DomainError, TimeoutError):
            await close(websocket, UNAUTHENTICATED, "not authenticated")
            return
        if not policy.may_call("agentSocket", caller.role):
            await close(websocket, FORBIDDEN, "not for this role")
            return
        socket = self._make_socket(websocket)
        topics = self._follow(caller, socket)

        async def on_open() -> None:
            await topics.start(last_seq)

        async def on_text(text: str) -> None:
            await _take(topics, socket, text)

        try:
            with self._ended.watch(caller.session_id, lambda: socket.cut(UNAUTHENTICATED, "logged out")):
                await socket.run(on_open, on_text, ends_in=(caller.expires_at - self._now()).total_seconds())
        finally:
            topics.close()


async def authenticate(websocket: WebSocket, tokens: Tokens, limit: float) -> tuple[PersonCaller, int | None]:
    """By header, address or first frame, within `limit` seconds; with the newest number that the client has
    of its topic. Raises DomainError `unauthenticated`, TimeoutError, WebSocketDisconnect.
    """
    last_seq = last_seq_of(websocket)
    token = bearer_token(websocket) or websocket.query_params.get("token")
    if token is None:
        async with asyncio.timeout(limit):
            frame = read_authenticate(await _first_text(websocket))
        token, last_seq = frame.token, frame.last_seq if last_seq is None else last_seq
    return tokens.read_person(token), last_seq


async def _first_text(websocket: WebSocket) -> str:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if not isinstance(text, str):
        raise DomainError(ErrorCode.UNAUTHENTICATED, "The first frame is no text.")
    return text


async def _take(topics: FollowTopics, sink: Sink, text: str) -> None:
    topic = None
    try:
        frame = read_agent_frame(text)
        match frame:
            case Ping():
                await sink.send(server_frames.pong())
            case Subscribe():
                topic = frame.topic
                await topics.subscribe(frame.topic, frame.last_seq)
            case Unsubscribe():
                await topics.unsubscribe(frame.topic)
    except ParleyError as error:
        await sink.send(server_frames.error(error.code, error.detail, topic=topic))


def last_seq_of(websocket: WebSocket) -> int | None:
    """The address's `last_seq`, if it is a number."""
    text = websocket.query_params.get("last_seq", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
