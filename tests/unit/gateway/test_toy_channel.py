"""A further channel is one value with the interface, and touches nothing else."""
# ruff: noqa: ARG002 - the interface has arguments that a toy does not look at

import hmac
from collections.abc import Mapping

import pytest

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel, MessageKind
from libs.runtime.ids import derived_id
from services.gateway.domain.inbound import Author, Inbound, Reading
from services.gateway.domain.json_fields import parsed, text_in, word_in
from services.gateway.domain.webhooks import UNSET, Post
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.channel_samples import connection
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import WHEN


class Pigeons:
    """Posts `{"id", "from", "note"}` with the secret in a header."""

    covers_body = False
    body_bytes = None

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        if not connection.webhook_secret:
            return UNSET
        given = post.headers.get("x-ring", "").encode()
        return None if hmac.compare_digest(given, connection.webhook_secret.encode()) else "another ring"

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:
        body = parsed(post.body)
        sender, note = word_in(body, "from"), word_in(body, "id")
        author = Author(sender, sender)
        text = text_in(body, "note", 1000)
        return Reading((Inbound(f"toy:{sender}", sender, note, note, author, MessageKind.TEXT, text),))

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:
        return asked.get("coo")


#: The word list of the contracts is the one thing that a channel of its own would add to.
LOFT = connection(Channel.WIDGET, "ring-7")


@pytest.fixture
def inbound() -> RecordingInbound:
    return RecordingInbound()


def loft(inbound: RecordingInbound) -> ReceiveWebhook:
    known = KnownConnections(LOFT)
    return ReceiveWebhook({Channel.WIDGET: Pigeons()}, known, inbound, now=Clock().now, derive_id=derived_id)


async def test_its_posts_are_verified_and_recorded(inbound: RecordingInbound):
    receive = loft(inbound)
    post = Post(WHEN, {"x-ring": "ring-7"}, body=b'{"id":"n1","from":"Coo","note":"Hello"}')
    found = await receive.verify("widget", LOFT.connection_id, post)
    await receive.take(found, post)
    ((_, _, command),) = inbound.recorded
    assert (command.session_id, command.content, command.external_id) == ("toy:Coo", "Hello", "n1")


@pytest.mark.parametrize("ring", [{}, {"x-ring": "ring-8"}])
async def test_its_forgeries_are_refused(inbound: RecordingInbound, ring: dict[str, str]):
    with pytest.raises(DomainError):
        await loft(inbound).verify("widget", LOFT.connection_id, Post(WHEN, ring))


async def test_what_it_cannot_read_is_parked_and_its_handshake_answered(inbound: RecordingInbound):
    await loft(inbound).take(LOFT, Post(WHEN, body=b'{"id":"n1"}'))
    assert [reason for _, reason, _ in inbound.parked] == ["from is not an id"]
    assert await loft(inbound).challenge("widget", LOFT.connection_id, {"coo": "yes"}) == "yes"
