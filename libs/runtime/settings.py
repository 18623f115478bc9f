"""What every service can be told from outside. A service's own settings class adds to this one."""

import os
import socket
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def service_config(prefix: str) -> SettingsConfigDict:
    """The configuration of a settings class whose variables begin with `prefix`, such as `GATEWAY_`."""
    return SettingsConfigDict(
        env_prefix=prefix, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )


def shared(name: str, *aliases: str) -> Any:
    """Validation aliases of a setting that all services share: the name operators know comes first."""
    return AliasChoices(*aliases, name)


def _instance() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"


class ServiceSettings(BaseSettings):
    """Shared settings. Each is read from `<SERVICE>_<NAME>`, those with an alias also from it."""

    #: AMQP address. Default: a broker on this machine. Without a broker nothing is accepted (503).
    rabbitmq_url: str = Field(
        default="amqp://guest:guest@127.0.0.1:5672/", validation_alias=shared("rabbitmq_url", "RABBITMQ_URL")
    )
    #: MongoDB address; must be a replica set, for transactions.
    mongodb_url: str = Field(
        default="mongodb://127.0.0.1:27017/?replicaSet=rs0",
        validation_alias=shared("mongodb_url", "MONGODB_URL"),
    )
    #: A service's database is `<prefix>_<service>`; two installations may share a server by this.
    database_prefix: str = Field(
        default="parley", validation_alias=shared("database_prefix", "PARLEY_DATABASE_PREFIX")
    )
    #: 32 bytes, base64: seals credentials at rest and between services. Losing it loses the credentials.
    secret_key: SecretStr = Field(validation_alias=shared("secret_key", "PARLEY_SECRET_KEY"))
    #: Address and port of the HTTP side: health and metrics, and the gateway's API.
    host: str = "127.0.0.1"
    port: int = 8080
    #: Names this process in leases and consumer tags; must differ between replicas.
    instance: str = Field(default_factory=_instance)
    #: DEBUG, INFO, WARNING or ERROR.
    log_level: str = Field(default="INFO", validation_alias=shared("log_level", "PARLEY_LOG_LEVEL"))
    #: Seconds between SIGTERM and giving up on what is still under way. Kubernetes' own limit must be higher.
    grace_seconds: float = 20.0
    #: Share of traces that are recorded, 0 to 1. The rest still pass their ids on.
    trace_ratio: float = Field(default=0.05, validation_alias=shared("trace_ratio", "PARLEY_TRACE_RATIO"))

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.database_prefix}_{service}"


def folder(path: str) -> Path:
    """A folder named in a setting, made when missing."""
    made = Path(path)
    made.mkdir(parents=True, exist_ok=True)
    return made
