"""What the gateway can be told from outside; each is read from `GATEWAY_<NAME>`."""

from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from libs.contracts.vocabulary import Role
from libs.runtime.settings import ServiceSettings, service_config

_SHORTEST_SECRET = 32
_ASYMMETRIC = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class GatewaySettings(ServiceSettings):
    """Shared settings, and the gateway's own."""

    model_config = service_config("GATEWAY_")

    #: Signs access tokens and widget sessions, HS256; at least 32 bytes (RFC 7518, section 3.2). Required.
    #: All replicas need the same one. A new one ends every session.
    jwt_secret: SecretStr
    #: The `iss` of our tokens. Two installations with one secret must differ here.
    jwt_issuer: str = "parley"
    #: Minutes an access token counts. A person who is removed, or loses a department, may act that long.
    access_minutes: int = Field(default=15, ge=1, le=60)
    #: Days without a refresh after which a person logs in again.
    refresh_days: int = Field(default=30, ge=1, le=365)
    #: Hours a widget session counts, and days after its end in which its visitor may still come back.
    widget_hours: int = Field(default=24, ge=1, le=168)
    widget_resume_days: int = Field(default=30, ge=0, le=365)
    #: Log-ins a minute from one address and for one email address; each replica counts for itself.
    logins_per_address: int = Field(default=60, ge=1)
    logins_per_email: int = Field(default=10, ge=1)
    #: Widget sessions a minute from one address.
    widget_sessions_per_address: int = Field(default=60, ge=1)
    #: Requests a minute from one address, and with one person's tokens; past it 429 with Retry-After. As many
    #: may come at once. Webhooks and health are not counted. Each replica counts for itself.
    requests_per_address: int = Field(default=30_000, ge=1)
    requests_per_person: int = Field(default=6_000, ge=1)
    #: The same with one API key.
    requests_per_key: int = Field(default=3_000, ge=1)
    #: Seconds a request waits for a command's answer before 504; the command expires with it.
    command_seconds: float = Field(default=10.0, gt=0, le=60)
    #: Bytes of a request body, and seconds in which it has to have come (413, 408).
    body_bytes: int = Field(default=1_048_576, ge=1024)
    body_seconds: float = Field(default=10.0, gt=0)
    #: The same for an upload: bytes of one file, and seconds in which it has to have come.
    file_bytes: int = Field(default=26_214_400, ge=1024)
    file_seconds: float = Field(default=120.0, gt=0)
    #: Hours an uploaded file waits for a message to name it; then it is removed.
    file_hours: int = Field(default=24, ge=1, le=168)
    #: Uploads a minute of one person, visitor or visitors' address. Each replica counts for itself.
    uploads_per_caller: int = Field(default=60, ge=1)
    #: Seconds in which a new connection has to have sent a request's head.
    head_seconds: float = Field(default=10.0, gt=0)
    #: Bytes of one WebSocket frame from a client.
    frame_bytes: int = Field(default=65_536, ge=1024)
    #: Frames that may wait for one socket; past it the socket is cut, and resumes.
    socket_queue: int = Field(default=256, ge=1)
    #: Seconds one frame may take to be sent before the socket is cut.
    socket_send_seconds: float = Field(default=10.0, gt=0)
    #: Frames a second, and at once, that one socket may send us.
    socket_frames_per_second: int = Field(default=20, ge=1)
    #: Origins that browsers may call the API from, as a JSON list; none by default.
    cors_origins: tuple[str, ...] = ()

    #: An outside identity provider whose access tokens count beside our own: its `iss`, the `aud` that names
    #: us, and where it publishes its keys (https, or loopback). All three, or none.
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: str = ""
    #: Seconds at least between two questions for keys that are not known: whoever sends nonsense shall not
    #: make us ask. So long may a new key of the provider's go unknown.
    oidc_keys_seconds: float = Field(default=30.0, ge=1, le=600)
    #: Signature algorithms that count; symmetric ones never do.
    oidc_algorithms: tuple[str, ...] = ("RS256", "ES256")
    #: Whose people they are: one account for all, or, left empty, what the account claim says.
    oidc_account_id: str = ""
    oidc_account_claim: str = "account_id"
    #: Which claim names the person as the directory does, and which ones say email address and name.
    oidc_person_claim: str = "sub"
    oidc_email_claim: str = "email"
    oidc_name_claim: str = "name"
    #: Which claim says the role, by the words of `oidc_roles` (JSON, provider's word to `admin`, `agent` or
    #: `user`), and which one the departments. Left empty, the directory says both and has to know the person.
    oidc_role_claim: str = ""
    oidc_departments_claim: str = "departments"
    oidc_roles: dict[str, Role] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        parts = (self.oidc_issuer, self.oidc_audience, self.oidc_jwks_url)
        if any(parts) and not all(parts):
            raise ValueError("oidc_issuer, oidc_audience and oidc_jwks_url belong together")
        if self.oidc_issuer == self.jwt_issuer:
            raise ValueError("oidc_issuer must be another one than jwt_issuer")
        if not set(self.oidc_algorithms) <= _ASYMMETRIC or not self.oidc_algorithms:
            raise ValueError(f"oidc_algorithms must be some of {', '.join(sorted(_ASYMMETRIC))}")
        address = urlsplit(self.oidc_jwks_url)
        if self.oidc_jwks_url and address.scheme != "https" and address.hostname not in _LOOPBACK:
            raise ValueError("oidc_jwks_url must be https")
        return self

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value().encode()) < _SHORTEST_SECRET:
            raise ValueError(f"must have at least {_SHORTEST_SECRET} bytes")
        return secret

    @property
    def file_lifetime(self) -> timedelta:
        """How long an uploaded file waits for a message to name it."""
        return timedelta(hours=self.file_hours)

    @property
    def access_lifetime(self) -> timedelta:
        """How long an access token counts."""
        return timedelta(minutes=self.access_minutes)

    @property
    def refresh_lifetime(self) -> timedelta:
        """How long a refresh token counts."""
        return timedelta(days=self.refresh_days)

    @property
    def widget_lifetime(self) -> timedelta:
        """How long a widget session counts."""
        return timedelta(hours=self.widget_hours)

    @property
    def widget_resumable(self) -> timedelta:
        """How long after its end a widget session may be taken up again."""
        return timedelta(days=self.widget_resume_days)
