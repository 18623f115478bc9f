"""The HTTP client for calls that leave the process."""

import httpx

from libs.runtime.addresses import AddressRules, GuardedBackend


def http_client(
    *, timeout: float, connect: float = 5.0, connections: int = 100, rules: AddressRules | None = None
) -> httpx.AsyncClient:
    """A client with limits in seconds and connections. Follows no redirects: a platform's API has none, and
    one would carry credentials elsewhere. With `rules` it reaches only the addresses that they allow.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    transport = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
    if rules is not None:
        # httpx has no other way to a resolver of one's own; a test holds that this one is used.
        transport._pool._network_backend = GuardedBackend(rules)  # noqa: SLF001
    return httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(timeout, connect=connect),
        follow_redirects=False,
        trust_env=False,
    )
