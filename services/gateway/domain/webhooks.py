"""What a channel is to the gateway: it says whether a post is authentic, and what it says.

A channel is one value with this interface, registered by its kind in `channels.py`. Adding one touches
nothing else here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError
from services.gateway.domain.inbound import Reading
from services.gateway.domain.json_fields import UnreadableError

#: Why a post of a connection without a secret is refused, whatever it holds.
UNSET = "no secret is set"


@dataclass(frozen=True, slots=True)
class Held:
    """A file that was taken out of a post: `mark` stands in its place in the body and is its id in the blob
    store, `head` is its first bytes. One that is not `whole` was no file after all, and is not there.
    """

    mark: str
    head: bytes = field(default=b"", repr=False)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it came. Names of `headers` are lower-cased; `below` is the path under the connection's
    own address, without slashes at its ends. `body` is empty while the head alone is checked; of a large
    one its files may have been taken out (`held`).
    """

    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    below: str = ""
    body: bytes = b""
    held: tuple[Held, ...] = ()


class WebhookChannel(Protocol):
    """One kind of channel."""

    @property
    def covers_body(self) -> bool:
        """Whether authenticity covers the body. Where it does not, the head is checked before the body is
        read: a stranger's is not worth the memory.
        """
        ...

    @property
    def body_bytes(self) -> int | None:
        """The largest post in bytes, where it is larger than what everything else may be. What is not covered
        by its authenticity and larger than a message of the broker has its files taken out as it arrives.
        """
        ...

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        """Why a post is not authentic, None when it is. Compares in constant time, and refuses everything
        on a connection without a secret. The reason is for people, and never told to the sender.
        """
        ...

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:
        """What an authentic post says. Raises DomainError `unreadable` for what is no JSON object, and
        UnreadableError for what is not the platform's.
        """
        ...

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:
        """The answer to the platform's handshake, whose query is `asked`; None refuses it."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gateway makes of a post. `reason` says why it is refused, or what of it is kept unread."""

    accepted: bool
    reason: str | None = None
    reading: Reading = field(default_factory=Reading)


def read_authentic(channel: WebhookChannel, post: Post, connection: ConnectionSecrets) -> Reading:
    """What a post says whose authenticity has been checked; what is not the platform's is unread as a whole.
    Raises DomainError `unreadable` for what is no JSON object.
    """
    try:
        return channel.read(post, connection)
    except UnreadableError as error:
        return Reading(unread=(str(error),))


def judge(channel: WebhookChannel, post: Post, connection: ConnectionSecrets) -> Verdict:
    """The whole of it, for those who want to know why. What is refused for want of a secret is read all the
    same, what is forged is not.
    """
    refusal = channel.refusal(post, connection)
    if refusal is not None and refusal != UNSET:
        return Verdict(False, refusal)
    try:
        reading = read_authentic(channel, post, connection)
    except DomainError as error:
        return Verdict(False, refusal or error.detail)
    return Verdict(refusal is None, refusal or "; ".join(reading.unread) or None, reading)
