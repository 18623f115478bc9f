"""Bodies about channel connections."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from libs.contracts.connections import MOST_SETTINGS
from libs.contracts.vocabulary import Channel
from services.gateway.entrypoints.http_models import AnyId, body_config

_Key = Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-z][a-z0-9_]*$")]
_Secret = Annotated[str, Field(min_length=1, max_length=4096)]
_Value = Annotated[str, Field(max_length=2048)] | bool | int | float
ConnectionName = Annotated[str, Field(max_length=200)]
Settings = Annotated[dict[_Key, _Value], Field(max_length=MOST_SETTINGS)]
#: Half of what a sealed value may have, however its characters are written down.
Credentials = Annotated[dict[_Key, _Secret], Field(min_length=1, max_length=8)]
_MOST_SECRET = 8_192


def _check_size(credentials: dict[str, str] | None) -> None:
    if sum(len(value.encode()) for value in (credentials or {}).values()) > _MOST_SECRET:
        raise ValueError(f"credentials may have {_MOST_SECRET} bytes altogether")


class ConnectBody(BaseModel):
    """A channel for a chatbot. Which credentials and settings a channel takes, docs/connections.md says.
    Credentials are never shown again; those that are generated, in the answer alone.
    """

    model_config = body_config(
        {
            "chatbot_id": "bot-kettle",
            "channel": "telegram",
            "name": "Kettle on Telegram",
            "credentials": {"token": "990001:the-token-that-BotFather-gave"},
        }
    )

    chatbot_id: AnyId
    channel: Annotated[Channel, Field(strict=False)]
    name: ConnectionName = ""
    settings: Settings = Field(default_factory=dict)
    credentials: Credentials | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_size(self.credentials)
        return self


class ChangeConnectionBody(BaseModel):
    """Another name, or other settings in place of all that are there."""

    model_config = body_config({"name": "Kettle's Telegram"})

    name: ConnectionName | None = None
    settings: Settings | None = None


class RotateBody(BaseModel):
    """Credentials in place of those that are kept."""

    model_config = body_config({"credentials": {"token": "990001:the-new-token"}})

    credentials: Credentials

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_size(self.credentials)
        return self
