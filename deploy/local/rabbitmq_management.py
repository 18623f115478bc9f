"""Virtual hosts of a broker that runs elsewhere, through its management plugin's HTTP API."""

from typing import Self
from urllib.parse import quote, unquote, urlsplit

import httpx

from deploy.local.errors import BrokerControlError

_SECONDS = 10.0


class ManagedBroker:
    """A broker given by its AMQP address and that of its management API (`http://user:password@host:15672`).

    Makes and deletes virtual hosts as `RabbitMQ` does; the user of the AMQP address gets all rights in them.
    """

    def __init__(self, url: str, management_url: str) -> None:
        self.url = url
        self._user = unquote(urlsplit(url).username or "guest")
        management = urlsplit(management_url)
        host = management.netloc.rpartition("@")[2]
        self._client = httpx.AsyncClient(
            base_url=f"{management.scheme}://{host}{management.path.rstrip('/')}/api/",
            auth=(unquote(management.username or "guest"), unquote(management.password or "guest")),
            timeout=_SECONDS,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def vhost_url(self, name: str) -> str:
        """AMQP address of a virtual host."""
        return urlsplit(self.url)._replace(path=f"/{quote(name, safe='')}").geturl()

    async def create_vhost(self, name: str) -> str:
        """Make a virtual host; its AMQP address. BrokerControlError when the API refuses or is away."""
        vhost, user = quote(name, safe=""), quote(self._user, safe="")
        await self._call("PUT", f"vhosts/{vhost}", {})
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        await self._call("PUT", f"permissions/{vhost}/{user}", rights)
        return self.vhost_url(name)

    async def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with everything in it. BrokerControlError as above."""
        await self._call("DELETE", f"vhosts/{quote(name, safe='')}", None)

    async def _call(self, method: str, path: str, body: dict[str, str] | None) -> None:
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise BrokerControlError(f"management API, {method} {path}: {type(error).__name__}") from error
        if not answer.is_success:
            raise BrokerControlError(f"management API, {method} {path}: {answer.status_code}")
