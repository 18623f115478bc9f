"""What every service can be told from outside. A service's own settings class adds to this one."""

import os
import socket
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from libs.runtime.crypto import SealedBox, decode_key

#: Variables that all services read, beside their own `<SERVICE>_<NAME>`, which comes first.
SHARED = {
    "rabbitmq_url": "RABBITMQ_URL",
    "mongodb_url": "MONGODB_URL",
    "database_prefix": "PARLEY_DATABASE_PREFIX",
    "secret_key": "PARLEY_SECRET_KEY",
    "older_secret_keys": "PARLEY_OLDER_SECRET_KEYS",
    "s3_endpoint": "PARLEY_S3_ENDPOINT",
    "s3_bucket": "PARLEY_S3_BUCKET",
    "s3_region": "PARLEY_S3_REGION",
    "s3_access_key": "PARLEY_S3_ACCESS_KEY",
    "s3_secret_key": "PARLEY_S3_SECRET_KEY",
    "log_level": "PARLEY_LOG_LEVEL",
    "trace_ratio": "PARLEY_TRACE_RATIO",
}


def service_config(prefix: str) -> SettingsConfigDict:
    """The configuration of a settings class whose variables begin with `prefix`, such as `GATEWAY_`."""
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", hide_input_in_errors=True)


class _SharedVariables(PydanticBaseSettingsSource):
    """Settings under the names that all services share."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - inherited
        """The value of one field, None when its shared variable is not set."""
        return os.environ.get(SHARED.get(field_name, "")), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every shared variable that is set."""
        return {name: os.environ[variable] for name, variable in SHARED.items() if variable in os.environ}


def _instance() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"


class ServiceSettings(BaseSettings):
    """Shared settings. Each is read from `<SERVICE>_<NAME>`, those of SHARED also from their own variable."""

    #: AMQP address. Default: a broker on this machine. Without a broker nothing is accepted (503).
    rabbitmq_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    #: MongoDB address; must be a replica set, for transactions.
    mongodb_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    #: A service's database is `<prefix>_<service>`; two installations may share a server by this.
    database_prefix: str = "parley"
    #: 32 bytes, base64: seals credentials at rest and between services. Losing it loses the credentials.
    secret_key: SecretStr
    #: Keys, separated by spaces, that still open what they sealed (docs/runbooks/secret-key.md).
    older_secret_keys: SecretStr = SecretStr("")
    #: Where files lie: the address of S3 or what is compatible with it (path style, such as
    #: https://s3.eu-central-1.amazonaws.com), bucket, region and keys. Without an address: in GridFS.
    #: The same for gateway, delivery, ai and `parley kb`; changing it leaves earlier files where they are,
    #: unfound.
    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^/?#\s]+(/[^?#\s]*)?)?$")
    s3_bucket: str = "parley"
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    #: Address and port of the HTTP side: health and metrics, and the gateway's API.
    host: str = "127.0.0.1"
    port: int = 8080
    #: Names this process in leases and consumer tags; must differ between replicas.
    instance: str = Field(default_factory=_instance)
    #: DEBUG, INFO, WARNING or ERROR.
    log_level: str = "INFO"
    #: Seconds between SIGTERM and giving up on what is still under way. Kubernetes' own limit must be higher.
    grace_seconds: float = 20.0
    #: Share of traces that are recorded, 0 to 1. The rest still pass their ids on.
    trace_ratio: float = Field(default=0.05, ge=0, le=1)

    @field_validator("secret_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        decode_key(value.get_secret_value())
        return value

    @field_validator("older_secret_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        for one in value.get_secret_value().split():
            decode_key(one)
        return value

    def box(self) -> SealedBox:
        """What seals credentials at rest and between services."""
        older = [decode_key(one) for one in self.older_secret_keys.get_secret_value().split()]
        return SealedBox(decode_key(self.secret_key.get_secret_value()), older)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the service's own variables, then the shared ones."""
        return (
            init_settings,
            env_settings,
            _SharedVariables(settings_cls),
            dotenv_settings,
            file_secret_settings,
        )

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.database_prefix}_{service}"


def folder(path: str) -> Path:
    """A folder named in a setting, made when missing."""
    made = Path(path)
    made.mkdir(parents=True, exist_ok=True)
    return made
