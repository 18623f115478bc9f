"""Which thread of a channel an address stands for: the same that a message from there would name."""

import re
from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel

_TELEGRAM_CHAT = re.compile(r"-?[0-9]{1,20}")
_VISITOR = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class ThreadAddress:
    """A thread, where to send to, and who the person is on the channel."""

    session_id: str
    target: str
    alias: str


def thread_of(channel: Channel, to: str) -> ThreadAddress:
    """The thread with `to`: a Telegram chat's id, a widget visitor's id, each with or without its prefix.
    Raises DomainError `invalid` for what is none.
    """
    if channel is Channel.TELEGRAM:
        chat = to.removeprefix("tg:")
        if _TELEGRAM_CHAT.fullmatch(chat):
            return ThreadAddress(f"tg:{chat}", chat, chat)
    if channel is Channel.WIDGET:
        visitor = to.removeprefix("web:")
        if _VISITOR.fullmatch(visitor):
            return ThreadAddress(f"web:{visitor}", f"web:{visitor}", visitor)
    raise DomainError(ErrorCode.INVALID, "This is no address of the channel.")
