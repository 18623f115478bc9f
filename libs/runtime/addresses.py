"""Which addresses this installation may call, where somebody else named the host: never its own network.

Judged are the addresses that the connection will really use, in its own resolver: a name that leads elsewhere
the second time, or after a redirect, gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore

Network = IPv4Network | IPv6Network

#: What `is_global` lets pass although it leads, or may lead, back inside.
_INSIDE: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped: the IPv4 address is judged in its place
        "fec0::/10",  # site-local
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # a cloud's metadata, on a public address
    )
)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks, or single addresses. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


class AddressRules:
    """Public addresses are allowed, and those `inside` networks that the operator names."""

    def __init__(self, inside: Iterable[Network] = ()) -> None:
        self._allowed = tuple(inside)

    def allows(self, text: str) -> bool:
        """Whether this address may be called."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self._allowed):
            return True
        return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in _INSIDE)


class AddressRefusedError(httpcore.ConnectError):
    """The host leads to an address that may not be called. httpx turns it into its own ConnectError."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves by itself, and connects to allowed addresses alone."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the allowed addresses one after the other, all within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port, timeout, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error

    async def _connect(self, host: str, port: int, *rest: Any) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        allowed = [one for one in addresses if self._rules.allows(one)]
        if not allowed:
            raise AddressRefusedError("the address may not be called")
        for place, address in enumerate(allowed):
            try:
                return await self._inner.connect_tcp(address, port, *rest)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(allowed) - 1:
                    raise
        raise AssertionError("unreachable")

    @staticmethod
    async def _addresses(host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the host is not known") from error
        return list(dict.fromkeys(str(one[4][0]) for one in found))

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise AddressRefusedError("a socket of this machine may not be called")

    async def sleep(self, seconds: float) -> None:
        """The library's pause between retries."""
        await self._inner.sleep(seconds)
