import json
from datetime import timedelta

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    AcknowledgeMessage,
    Attachment,
    InboundContact,
    RecordInboundMessage,
)
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.vocabulary import Channel, MessageKind
from libs.runtime.clock import now
from libs.runtime.telemetry import span
from services.gateway.adapters.broker_inbound import encoded
from tests.unit.gateway.samples import WHEN

INBOUND = RecordInboundMessage(
    actor=SYSTEM,
    connection_id="conn",
    chatbot_id="bot",
    channel=Channel.TELEGRAM,
    session_id="tg:1",
    target="1",
    delivery_id="7",
    external_id="8",
    contact=InboundContact(alias="1", name="Mira \u2028 \U0001f600"),
    kind=MessageKind.IMAGE,
    content='quotes " and \\ and \n',
    attachments=(Attachment(kind=MessageKind.IMAGE, reference="F", size=3),),
    received_at=WHEN,
)
SHOWN = AcknowledgeMessage(actor=SYSTEM, conversation_id="c-00ff", message_id="m")


@pytest.mark.parametrize(("command", "subject"), [(INBOUND, None), (SHOWN, "c-00ff")])
def test_the_quick_envelope_is_the_contracts_envelope(command: RecordInboundMessage, subject: str | None):
    with span("test"):
        quick = encoded(command, id="id-1", account_id="acc", subject=subject)
    raw = json.loads(quick)
    slow = wrap(
        command,
        id="id-1",
        source="gateway",
        time=Envelope.model_validate(raw).time,
        accountid="acc",
        subject=subject,
        traceparent=raw.get("traceparent"),
    )
    assert raw == json.loads(slow.encode())
    assert Envelope.model_validate_json(quick).message() == command
    assert abs(now() - slow.time) < timedelta(minutes=1)
