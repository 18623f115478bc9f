import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.telegram_address import Bot
from services.gateway.domain.telegram_updates import read_update
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.fakes import Clock, KnownConnections, RecordingInbound
from tests.unit.gateway.samples import TELEGRAM, WHEN, update

# fmt: off
FIELDS = [
    "message", "edited_message", "callback_query", "message_reaction", "deleted_business_messages",
    "update_id", "message_id", "chat", "from", "sender_chat", "text", "caption", "entities",
    "caption_entities", "photo", "document", "sticker", "venue", "location", "contact", "user",
    "reply_to_message", "message_thread_id", "id", "type", "is_topic_message", "is_bot", "first_name",
    "title", "file_id", "file_size", "emoji", "latitude", "longitude", "phone_number", "offset", "length",
    "data", "new_reaction", "old_reaction", "message_ids", "username",
]
# fmt: on
WORDS = st.sampled_from(["private", "supergroup", "mention", "bot_command", "text_mention", "/start", "@bot"])
SURROGATES = st.characters(categories=["Cs"]).map(str)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), WORDS, SURROGATES
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)), inner, max_size=8),
    ),
    max_leaves=30,
)


def bent(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A good update with one field made absurd."""
    raw = json.loads(json.dumps(update(photo=None, entities=[])))
    holder = raw
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return raw


PATHS = st.sampled_from(
    [("update_id",), ("message",)]
    + [("message", field) for field in FIELDS]
    + [("message", "chat", field) for field in FIELDS]
    + [("message", "from", field) for field in FIELDS]
)
UPDATES = st.one_of(ANYTHING, st.builds(bent, PATHS, ANYTHING))


@settings(max_examples=300, deadline=None)
@given(UPDATES)
def test_no_json_raises_anything_but_the_one_error(raw: Any):
    try:
        found = read_update(raw, Bot("bot", 1))
    except UnreadableError:
        return
    for inbound in found:
        assert inbound.session_id.startswith("tg:")
        inbound.content.encode()


@settings(max_examples=150, deadline=None)
@given(UPDATES)
async def test_every_authentic_object_is_recorded_parked_or_nothing(raw: Any):
    if not isinstance(raw, dict):
        raw = {"update_id": 1, "message": raw}
    inbound = RecordingInbound()
    receive = ReceiveWebhook(
        CHANNELS, KnownConnections(), inbound, now=Clock().now, derive_id=lambda *parts: "|".join(parts)
    )
    connection: ConnectionSecrets = TELEGRAM
    await receive.take(connection, Post(WHEN, body=json.dumps(raw).encode()))
    for _, _, command in inbound.recorded:
        command.model_dump_json()
