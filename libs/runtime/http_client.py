"""The HTTP client for calls that leave the process."""

import httpx


def http_client(*, timeout: float, connect: float = 5.0, connections: int = 100) -> httpx.AsyncClient:
    """A client with limits in seconds and connections. Follows no redirects: a platform's API has none, and
    one would carry credentials elsewhere.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=connect),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        trust_env=False,
    )
