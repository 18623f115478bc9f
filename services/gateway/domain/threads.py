"""Which thread of a channel an address stands for: the same that a message from there would name."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Channel

_TELEGRAM_CHAT = re.compile(r"-?[0-9]{1,20}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")
_PUNCTUATION = re.compile(r"[ ()./-]")
_NUMBER = re.compile(r"[1-9][0-9]{5,18}")
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}")
_ADDRESS = re.compile(r"[^\s<>@,;\"()]{1,64}@[^\s<>@,;\"()]{1,150}")
_PLACE = re.compile(r"([0-9]{1,18})[/:]([0-9]{1,18})")
_VISITOR = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class ThreadAddress:
    """A thread, where to send to, and who the person is on the channel."""

    session_id: str
    target: str
    alias: str


def thread_of(channel: Channel, to: str) -> ThreadAddress:
    """The thread with `to`: a Telegram chat's id, a WhatsApp number, an email address, a Chatwoot
    conversation (`3/77`) or the address of somebody there, a widget visitor's id; each with or without its
    prefix. Raises DomainError `invalid` for what is none.
    """
    found = _READERS[channel](to.strip())
    if found is None:
        raise DomainError(ErrorCode.INVALID, "This is no address of the channel.")
    return found


def _telegram(to: str) -> ThreadAddress | None:
    chat = to.removeprefix("tg:")
    return ThreadAddress(f"tg:{chat}", chat, chat) if _TELEGRAM_CHAT.fullmatch(chat) else None


def _widget(to: str) -> ThreadAddress | None:
    visitor = to.removeprefix("web:")
    if not _VISITOR.fullmatch(visitor):
        return None
    return ThreadAddress(f"web:{visitor}", f"web:{visitor}", visitor)


def _whatsapp(to: str) -> ThreadAddress | None:
    """Digits without a plus, as Meta writes them; or a business-scoped user id."""
    person = to.removeprefix("wa:")
    if not _USER_ID.fullmatch(person):
        person = _PUNCTUATION.sub("", person).removeprefix("+")
        if not _NUMBER.fullmatch(person):
            return None
    return ThreadAddress(f"wa:{person}", person, person)


def _email(to: str) -> ThreadAddress | None:
    """Mails that we send first make one thread for each address; answers name it by its plus-token."""
    address = to.removeprefix("email:").lower()
    return ThreadAddress(f"email:{address}", address, address) if _ADDRESS.fullmatch(address) else None


def _chatwoot(to: str) -> ThreadAddress | None:
    place = _PLACE.fullmatch(to.removeprefix("cw:"))
    if place is not None:
        target = f"{place[1]}/{place[2]}"
        return ThreadAddress(f"cw:{place[1]}:{place[2]}", target, target)
    if _ADDRESS.fullmatch(to) or _PHONE.fullmatch(to):
        person = to.lower()
        return ThreadAddress(f"cw:{person}", person, person)
    return None


_READERS: dict[Channel, Callable[[str], ThreadAddress | None]] = {
    Channel.TELEGRAM: _telegram,
    Channel.WIDGET: _widget,
    Channel.WHATSAPP: _whatsapp,
    Channel.EMAIL: _email,
    Channel.CHATWOOT: _chatwoot,
}
