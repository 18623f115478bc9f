"""`/ws/widget`: the socket of a website's visitor. A view of the same hub."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from libs.contracts.errors import DomainError, ErrorCode, ParleyError
from services.gateway.domain import server_frames
from services.gateway.domain.callers import VisitorCaller
from services.gateway.domain.client_frames import (
    Delivered,
    Ping,
    Read,
    Typing,
    VisitorMessage,
    read_visitor_frame,
)
from services.gateway.entrypoints.request_limits import RequestLimits
from services.gateway.entrypoints.ws_handshake import last_seq_of
from services.gateway.entrypoints.ws_socket import TRY_AGAIN, UNAUTHENTICATED, MakeSocket, close
from services.gateway.use_cases.acknowledge_message import AcknowledgeShownMessage
from services.gateway.use_cases.follow_own_thread import FollowOwnThread
from services.gateway.use_cases.mark_read import MarkAsRead
from services.gateway.use_cases.ports import Now, Sink, Tokens
from services.gateway.use_cases.record_visitor_message import RecordVisitorMessage
from services.gateway.use_cases.tell_typing import TellTyping


class WidgetSocket:
    """Serves one connection after another."""

    def __init__(
        self,
        tokens: Tokens,
        limits: RequestLimits,
        follow: Callable[[VisitorCaller, Sink], FollowOwnThread],
        record: RecordVisitorMessage,
        acknowledge: AcknowledgeShownMessage,
        make_socket: MakeSocket,
        now: Now,
        typing: TellTyping,
        mark: MarkAsRead,
    ) -> None:
        self._tokens = tokens
        self._limits = limits
        self._follow = follow
        self._record = record
        self._acknowledge = acknowledge
        self._make_socket = make_socket
        self._now = now
        self._typing = typing
        self._mark = mark

    async def __call__(self, websocket: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        await websocket.accept()
        try:
            self._limits.count_address(websocket)
        except DomainError:
            await close(websocket, TRY_AGAIN, "too many requests")
            return
        try:
            visitor = self._tokens.read_visitor(websocket.query_params.get("token", ""))
        except DomainError:
            await close(websocket, UNAUTHENTICATED, "not authenticated")
            return
        socket = self._make_socket(websocket)
        thread = self._follow(visitor, socket)

        async def on_open() -> None:
            await thread.start(last_seq_of(websocket))

        async def on_text(text: str) -> None:
            await self._take(visitor, thread, socket, text)

        try:
            await socket.run(on_open, on_text, ends_in=(visitor.expires_at - self._now()).total_seconds())
        finally:
            await thread.close()

    async def _take(self, visitor: VisitorCaller, thread: FollowOwnThread, sink: Sink, text: str) -> None:
        client_message_id = None
        try:
            frame = read_visitor_frame(text)
            match frame:
                case Ping():
                    await sink.send(server_frames.pong())
                case VisitorMessage():
                    client_message_id = frame.client_message_id
                    await self._record(
                        visitor,
                        content=frame.content,
                        client_message_id=client_message_id,
                        attachments=frame.attachments,
                    )
                    thread.expect()
                    await sink.send(server_frames.acknowledged(client_message_id))
                case Delivered():
                    await self._acknowledge(
                        visitor, conversation_id=_own(thread), message_id=frame.message_id
                    )
                case Typing():
                    await self._typing.visitor(visitor, typing=frame.typing)
                case Read():
                    await self._mark.visitor(visitor, _own(thread), frame.message_id)
        except ParleyError as error:
            await sink.send(
                server_frames.error(error.code, error.detail, client_message_id=client_message_id)
            )


def _own(thread: FollowOwnThread) -> str:
    """The visitor's conversation. Raises DomainError `not_found` before there is one."""
    if thread.conversation_id is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such message.")
    return thread.conversation_id
