"""What delivery can be told from outside, on top of what every service can."""

from pydantic import AliasChoices, Field, field_validator

from libs.runtime.addresses import AddressRules, networks
from libs.runtime.settings import ServiceSettings, service_config


class DeliverySettings(ServiceSettings):
    """Read from `DELIVERY_<NAME>`."""

    model_config = service_config("DELIVERY_")

    #: HTTP port of health and metrics. Default 8082.
    port: int = 8082
    #: Address of Telegram's Bot API, for connections that name no `api_base_url` of their own. Default: the
    #: real one. A self-hosted Bot API server or a proxy goes here, with its path prefix.
    telegram_base_url: str = "https://api.telegram.org"
    #: Address of Meta's Graph, likewise. The version is a setting of the connection (`version`, v24.0).
    whatsapp_base_url: str = "https://graph.facebook.com"
    #: Address of Postmark's API, likewise.
    postmark_base_url: str = "https://api.postmarkapp.com"
    #: Mailbox that mails come from where a connection's settings name no `from_email`; `SMTP_FROM_EMAIL` too.
    from_email: str = Field(
        default="", validation_alias=AliasChoices("from_email", "DELIVERY_FROM_EMAIL", "SMTP_FROM_EMAIL")
    )
    #: Seconds one request to a platform may take, at most 10 (a claim on a message lasts 20). Default 10. A
    #: request that takes longer ends as `unknown`: lower it only if the platform is near.
    request_seconds: float = Field(default=10.0, gt=0.0, le=10.0)
    #: Requests under way at once on one connection, per replica. Default 16. More makes a burst shorter and
    #: a slow platform's memory use larger.
    connection_width: int = Field(default=16, ge=1)
    #: Messages this process sends at once over all connections; also its HTTP connections. Default 200.
    most_sending: int = Field(default=200, ge=1)
    #: Seconds for which what was read of a connection is used again. Default 5. How long another replica may
    #: still use replaced credentials.
    connection_memory_seconds: float = Field(default=5.0, ge=0.0)
    #: Bytes of one file that a contact sent, and seconds in which it has to have come from its platform. A
    #: larger one stays there: in the message it has no `file_id`.
    media_bytes: int = Field(default=52_428_800, ge=1024)
    media_seconds: float = Field(default=60.0, gt=0.0, le=120.0)
    #: Where platforms reach the gateway, such as https://parley.example. Empty: no webhook is registered by
    #: itself, and connections do not say where their platform has to post.
    public_url: str = ""
    #: Seconds between two checks of a connection. Default 300. 0: only checked by hand, and credentials keep
    #: the key they were sealed with.
    check_seconds: float = Field(default=300.0, ge=0.0)
    #: Networks inside that platforms may have their address in, separated by spaces, such as 10.8.0.0/16. By
    #: default none: an address that an administrator enters must be public.
    inside_networks: str = ""

    @field_validator("inside_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        networks(text.split())
        return text

    @property
    def address_rules(self) -> AddressRules:
        """Which addresses may be called."""
        return AddressRules(networks(self.inside_networks.split()))
