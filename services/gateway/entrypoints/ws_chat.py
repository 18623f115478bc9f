"""`/ws/chat/{ticket_id}`: the room of one ticket. A view of the same hub."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from libs.contracts.errors import DomainError, ParleyError
from services.gateway.domain import server_frames
from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.chat_frames import ChatMessage, read_chat_frame
from services.gateway.domain.client_frames import Delivered, Ping, Read, Typing
from services.gateway.domain.topics import read_topic
from services.gateway.entrypoints.ws_handshake import Handshake
from services.gateway.entrypoints.ws_socket import NOT_FOUND, MakeSocket, Socket
from services.gateway.use_cases.chat_in_ticket import ChatInTicket
from services.gateway.use_cases.follow_ticket import FollowTicket
from services.gateway.use_cases.mark_read import MarkAsRead
from services.gateway.use_cases.ports import Sink
from services.gateway.use_cases.tell_typing import TellTyping


class ChatSocket:
    """Serves one connection after another, of requesters and agents alike."""

    def __init__(
        self,
        handshake: Handshake,
        follow: Callable[[PersonCaller, str, Sink], FollowTicket],
        chat: ChatInTicket,
        make_socket: MakeSocket,
        typing: TellTyping,
        mark: MarkAsRead,
    ) -> None:
        self._handshake = handshake
        self._follow = follow
        self._chat = chat
        self._make_socket = make_socket
        self._typing = typing
        self._mark = mark

    async def __call__(self, websocket: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        opened = await self._handshake(websocket, "chatSocket")
        if opened is None:
            return
        caller, ticket_id = opened.caller, str(websocket.path_params["ticket_id"])
        socket = self._make_socket(websocket)
        room = self._follow(caller, ticket_id, socket)

        async def on_open() -> None:
            try:
                await room.start(opened.last_seq)
            except DomainError:
                socket.cut(NOT_FOUND, "there is no such ticket")

        async def on_text(text: str) -> None:
            await self._take(caller, ticket_id, socket, text)

        try:
            await self._handshake.keep(caller, socket, on_open, on_text)
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
                case Typing():
                    await self._typing.person(caller, read_topic(f"ticket_{ticket_id}"), typing=frame.typing)
                case Read():
                    await self._mark.in_ticket(caller, ticket_id, frame.message_id)
        except ParleyError as error:
            await socket.send(
                server_frames.error(error.code, error.detail, client_message_id=client_message_id)
            )
