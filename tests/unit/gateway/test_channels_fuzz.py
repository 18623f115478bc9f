"""Whatever a platform, or somebody with its secret, posts: it is read, or refused by the one typed error."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel
from libs.runtime.ids import derived_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.channel_samples import (
    CHATWOOT,
    EMAIL,
    WHATSAPP,
    connection,
    mail,
    said,
    value,
    whatsapp,
    wrote,
)
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import TELEGRAM, WHEN, update

STATUS = {"id": "wamid.1", "status": "failed", "recipient_id": "1", "errors": [{"code": 1}]}
KINDS = [
    "image",
    "location",
    "contacts",
    "interactive",
    "button",
    "reaction",
    "order",
    "edit",
    "revoke",
    "system",
]
GOOD: dict[Channel, list[dict[str, Any]]] = {
    Channel.TELEGRAM: [update(photo=[{"file_id": "a"}], entities=[])],
    Channel.WHATSAPP: [
        whatsapp(value(messages=[wrote(kind, **{kind: {"id": "x", "type": "list_reply"}})])) for kind in KINDS
    ]
    + [whatsapp(value(messages=[wrote("text", text={"body": "a"})], statuses=[STATUS]))],
    Channel.EMAIL: [
        mail(Attachments=[{"Name": "a"}]),
        {"RecordType": "Bounce", "Type": "HardBounce", "ID": 1, "MessageID": "g", "Metadata": {"mid": "m"}},
        {
            "RecordType": "Open",
            "MessageID": "g",
            "Recipient": "a@b.test",
            "ReceivedAt": "2026-08-04T07:00:00Z",
        },
    ],
    Channel.CHATWOOT: [
        said(attachments=[{"file_type": "image", "data_url": "https://x.test/a"}]),
        said(event="message_updated", content_attributes={"submitted_values": [{"title": "a"}]}),
        said(event="message_updated", message_type="outgoing", content_attributes={"submitted_values": [{}]}),
        said(event="conversation_status_changed", id=77, status="open", changed_attributes=[{"status": {}}]),
    ],
}
WHERE = {
    Channel.TELEGRAM: TELEGRAM,
    Channel.WHATSAPP: WHATSAPP,
    Channel.EMAIL: EMAIL,
    Channel.CHATWOOT: CHATWOOT,
}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["text", "edit", "<>", "a@b.test", "0", "message_created", "x" * 70_000]),
    st.characters(categories=["Cs"]).map(str),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    found = [here] if here else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        found += paths(one, (*here, key))
    return found


@st.composite
def bent(draw: st.DrawFn, channel: Channel) -> Any:
    """A good body with some of its places made absurd."""
    body = json.loads(json.dumps(draw(st.sampled_from(GOOD[channel]))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(body)))
        holder = body
        for key in path[:-1]:
            try:
                holder = holder[key]
            except (KeyError, IndexError, TypeError):
                holder = None
        if isinstance(holder, dict) or (isinstance(holder, list) and len(holder) > path[-1]):
            holder[path[-1]] = draw(ANYTHING)
    return body


@pytest.mark.parametrize("channel", list(CHANNELS))
async def test_no_body_raises_anything_but_the_typed_error(channel: Channel):
    receive = ReceiveWebhook(
        CHANNELS, KnownConnections(), RecordingInbound(), now=Clock().now, derive_id=derived_id
    )

    @settings(max_examples=200, deadline=None)
    @given(
        st.one_of(bent(channel), ANYTHING, st.dictionaries(st.sampled_from(["event", "object"]), ANYTHING))
    )
    def check(raw: Any) -> None:
        body = json.dumps(raw).encode()
        try:
            reading = CHANNELS[channel].read(Post(WHEN, body=body), WHERE[channel])
        except (UnreadableError, DomainError):
            return
        # What is read fits the contract it travels in, and any encoding.
        for message in reading.messages:
            receive.command_of(message, WHERE[channel]).model_dump_json()
        for receipt in reading.receipts:
            f"{receipt}".encode()

    check()


@pytest.mark.parametrize("channel", list(CHANNELS))
@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"7", b"\xff{}", b'{"a":', b"null"])
def test_what_is_no_json_object_is_refused(channel: Channel, body: bytes):
    with pytest.raises(DomainError) as refused:
        CHANNELS[channel].read(Post(WHEN, body=body), WHERE[channel])
    assert refused.value.code == "unreadable"


HEADERS = ["authorization", "x-hub-signature-256", "x-chatwoot-signature", "x-telegram-bot-api-secret-token"]


@pytest.mark.parametrize("channel", list(CHANNELS))
@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*HEADERS, "x-chatwoot-timestamp"]), st.text(st.characters(max_codepoint=255))
    ),
    st.binary(max_size=50),
    st.sampled_from([None, "", "secret", "\u00fc"]),
)
def test_no_head_opens_by_chance_or_raises(
    channel: Channel, headers: dict[str, str], body: bytes, secret: str | None
):
    post = Post(WHEN, headers, body=body)
    assert CHANNELS[channel].refusal(post, connection(channel, secret)) is not None
