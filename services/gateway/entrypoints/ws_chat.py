"""`/ws/chat/{ticket_id}`: the room of one ticket. A view of the same hub."""

from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.contracts.errors import DomainError, ParleyError
from services.gateway.domain import policy, server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.chat_frames import ChatMessage, read_chat_frame
from services.gateway.domain.client_frames import Delivered, Ping
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.entrypoints.ws_agents import AUTH_LIMIT, MakeSocket, authenticate
from services.gateway.entrypoints.ws_socket import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, Socket, close
from services.gateway.use_cases.chat_in_ticket import ChatInTicket
from services.gateway.use_cases.follow_ticket import FollowTicket
from services.gateway.use_cases.ports import Now, Sink, Tokens


class ChatSocket:
    """Serves one connection after another, of requesters and agents alike."""

    def __init__(
        self,
        tokens: Tokens,
        follow: Callable[[PersonCaller, str, Sink], FollowTicket],
        chat: ChatInTicket,
        make_socket: MakeSocket,
        now: Now,
        ended: EndedSessions,
        *,
        auth_limit: float = AUTH_LIMIT,
    ) -> None:
        self._ended = ended
        self._tokens = tokens
        self._follow = follow
        self._chat = chat
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
        if not policy.may_call("chatSocket", caller.role):
            await close(websocket, FORBIDDEN, "not for this role")
            return
        await self._serve(websocket, caller, last_seq)

    async def _serve(self, websocket: WebSocket, caller: PersonCaller, last_seq: int | None) -> None:
        ticket_id = str(websocket.path_params["ticket_id"])
        socket = self._make_socket(websocket)
        room = self._follow(caller, ticket_id, socket)

        async def on_open() -> None:
            try:
                await room.start(last_seq)
            except DomainError:
                socket.cut(NOT_FOUND, "there is no such ticket")

        async def on_text(text: str) -> None:
            await self._take(caller, ticket_id, socket, text)

        try:
            with self._ended.watch(caller.session_id, lambda: socket.cut(UNAUTHENTICATED, "logged out")):
                await socket.run(on_open, on_text, ends_in=(caller.expires_at - self._now()).total_seconds())
        finally:
            room.close()

    async def _take(self, caller: PersonCaller, ticket_id: str, socket: Socket, text: str) -> None:
        client_message_id = None
        try:
            frame = read_chat_frame(text)
            match frame:
                case Ping():
                    await socket.send(server_frames.pong())
                case ChatMessage():
                    client_message_id = frame.client_message_id
                    message_id = await self._chat.say(caller, ticket_id, frame)
                    await socket.send(server_frames.stored(message_id, client_message_id))
                case Delivered():
                    await self._chat.shown(caller, ticket_id, frame.message_id)
        except ParleyError as error:
            await socket.send(
                server_frames.error(error.code, error.detail, client_message_id=client_message_id)
            )
