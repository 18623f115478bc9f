"""No address of our own network is called, whatever name leads there."""

import asyncio
import socket
from typing import Any

import httpcore
import httpx
import pytest

from libs.runtime.addresses import AddressRefusedError, AddressRules, GuardedBackend, networks
from libs.runtime.http_client import http_client

PUBLIC = AddressRules()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "168.63.129.16",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "localhost",
        "",
    ],
)
def test_addresses_inside_are_refused(address: str):
    assert not PUBLIC.allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "149.154.167.220", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_allowed(address: str):
    assert PUBLIC.allows(address)


def test_the_operator_may_name_networks():
    rules = AddressRules(networks(["10.8.0.0/16", "127.0.0.1"]))
    assert rules.allows("10.8.1.1")
    assert rules.allows("127.0.0.1")
    assert rules.allows("::ffff:10.8.1.1")
    assert not rules.allows("10.9.1.1")
    with pytest.raises(ValueError, match="network"):
        networks(["ten"])


@pytest.fixture
async def server() -> Any:
    """Answers 200 to whatever comes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1")
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_client_connects_by_the_rules(server: int, host: str):
    async with http_client(timeout=2.0, rules=PUBLIC) as client:
        with pytest.raises(httpx.ConnectError) as refused:
            await client.get(f"http://{host}:{server}/")
        assert isinstance(refused.value.__cause__, AddressRefusedError)
    inside = AddressRules(networks(["127.0.0.0/8"]))
    async with http_client(timeout=2.0, rules=inside) as client:
        assert (await client.get(f"http://{host}:{server}/")).text == "ok"


async def test_a_name_is_judged_by_what_it_leads_to_and_each_allowed_address_is_tried(
    server: int, monkeypatch: pytest.MonkeyPatch
):
    """A name that leads inside and outside alike (rebinding) reaches the allowed addresses alone."""
    rules = AddressRules(networks(["127.0.0.0/8"]))
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server))
        for address in ("10.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.1")
    ]

    async def resolve(*_: Any, **__: Any) -> Any:
        return answers

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with http_client(timeout=2.0, rules=rules) as client:
        assert (await client.get(f"http://rebound.test:{server}/")).text == "ok"
    del answers[2:]
    async with http_client(timeout=2.0, rules=rules) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://rebound.test:{server}/")


async def test_an_unknown_name_and_a_local_socket_are_refused(monkeypatch: pytest.MonkeyPatch):
    async def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    backend = GuardedBackend(PUBLIC)
    with pytest.raises(httpcore.ConnectError, match="not known"):
        await backend.connect_tcp("nowhere.test", 80)
    with pytest.raises(AddressRefusedError):
        await backend.connect_unix_socket("/var/run/docker.sock")


async def test_a_resolver_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch):
    async def resolve(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(httpcore.ConnectTimeout):
        await GuardedBackend(PUBLIC).connect_tcp("slow.test", 80, timeout=0.01)
