"""CloudEvents 1.0 in structured JSON, the form of everything on the broker.

Extension attributes follow the specification's naming rule (lower case, no separators).
Source: CloudEvents 1.0.2, sections "Context Attributes" and "JSON Event Format".
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from libs.contracts.base import REGISTER, Contract, Message
from libs.contracts.upcasting import upcast

CONTENT_TYPE = "application/cloudevents+json"


class UnknownTypeError(ValueError):
    """The envelope's type is not in this version's register, nor can it be brought up to one that is."""


class Envelope(Contract):
    """One message on the wire.

    `id` is also the AMQP message id. `subject` is the conversation's id where there is one. `sequence`
    counts the events of one conversation, without gaps, and is set on conversation's events alone.
    `expiresat` bounds when a command may still be carried out; `ifversion` is the version that its sender
    has seen of the conversation: with another one it is refused with `conflict`.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=256)
    source: str = Field(max_length=256)
    type: str = Field(max_length=128)
    time: datetime
    data: dict[str, Any]
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = None
    subject: str | None = None
    accountid: str = Field(max_length=256)
    sequence: int | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    expiresat: datetime | None = None
    ifversion: int | None = None

    def encode(self) -> bytes:
        """The bytes for the broker; unset attributes are left out, as CloudEvents asks."""
        return self.model_dump_json(exclude_none=True).encode()

    def message(self) -> Message:
        """The typed message inside, brought up to the newest version that this code knows.

        Raises UnknownTypeError, or pydantic's ValidationError when the data does not fit.
        """
        message_type, data = upcast(self.type, self.data)
        model = REGISTER.get(message_type)
        if model is None:
            raise UnknownTypeError(message_type)
        return model.model_validate(data)


def schema_address(message_type: str) -> str:
    """The relative address of a type's committed JSON Schema."""
    return f"schemas/{message_type}.json"


def wrap(
    message: Message,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    source: str,
    time: datetime,
    accountid: str,
    subject: str | None = None,
    sequence: int | None = None,
    cause: Envelope | None = None,
    traceparent: str | None = None,
    expiresat: datetime | None = None,
    ifversion: int | None = None,
) -> Envelope:
    """Put a message into its envelope; `cause` is the message that led to it."""
    return Envelope(
        id=id,
        source=source,
        type=message.type,
        time=time,
        data=message.model_dump(mode="json"),
        dataschema=schema_address(message.type),
        subject=subject,
        accountid=accountid,
        sequence=sequence,
        correlationid=(cause.correlationid or cause.id) if cause else id,
        causationid=cause.id if cause else None,
        traceparent=traceparent or (cause.traceparent if cause else None),
        expiresat=expiresat,
        ifversion=ifversion,
    )
