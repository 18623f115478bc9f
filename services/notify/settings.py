"""What notify can be told from outside, on top of what every service can."""

from pydantic import Field, SecretStr, model_validator

from libs.runtime.settings import ServiceSettings, service_config
from services.notify.domain.internal_webhooks import key_of

_SHORTEST_KEY = 16


class NotifySettings(ServiceSettings):
    """Read from `NOTIFY_<NAME>`."""

    model_config = service_config("NOTIFY_")

    #: HTTP port of health and metrics. Default 8084.
    port: int = 8084
    #: Account frames that are numbered and stored together at most. Default 50. More makes a burst cheaper
    #: and its first frame later.
    batch: int = Field(default=50, ge=1, le=500)
    #: Events of one partition that are handled side by side. Default 20.
    prefetch: int = Field(default=20, ge=1)
    #: Base addresses of internal receivers, with commas between them. Default none: nothing is posted. They
    #: are the operator's own, so private addresses are allowed.
    internal_webhooks: str = Field(default="", max_length=4096)
    #: Signs what is posted to them; `whsec_` and base64, or any text, 16 bytes or more. Required with them.
    internal_webhook_secret: SecretStr = SecretStr("")

    @property
    def internal_receivers(self) -> tuple[str, ...]:
        """The addresses, without a slash at their end, each once."""
        named = (one.strip().rstrip("/") for one in self.internal_webhooks.split(","))
        return tuple(dict.fromkeys(one for one in named if one))

    @model_validator(mode="after")
    def _receivers_can_check(self) -> "NotifySettings":
        secret = self.internal_webhook_secret.get_secret_value()
        if self.internal_receivers and len(key_of(secret)) < _SHORTEST_KEY:
            raise ValueError("NOTIFY_INTERNAL_WEBHOOKS needs a NOTIFY_INTERNAL_WEBHOOK_SECRET of 16 bytes")
        if any(not one.startswith(("http://", "https://")) for one in self.internal_receivers):
            raise ValueError("NOTIFY_INTERNAL_WEBHOOKS holds what is no http address")
        return self
