"""Where the installation is, as the services' own settings say it, and how commands fail.

Exit codes: 0 done, 1 refused (an unknown id, nothing to do), 2 wrong usage, 3 broker or store away.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from pymongo.errors import ConfigurationError, OperationFailure

from libs.contracts.errors import ParleyError, TransientError
from libs.runtime.settings import SHARED, ServiceSettings

T = TypeVar("T")

REFUSED, AWAY = 1, 3


def _default(name: str) -> Any:
    return ServiceSettings.model_fields[name].default


def _blobs(name: str) -> Any:
    return Field(default=_default(name), validation_alias=SHARED[name])


class Environment(BaseSettings):
    """The part of the services' settings that a command line needs."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    rabbitmq_url: str = _default("rabbitmq_url")
    mongodb_url: str = _default("mongodb_url")
    #: Seals credentials for the services; needed by commands that bring some.
    parley_secret_key: SecretStr | None = None
    parley_database_prefix: str = _default("database_prefix")
    #: The blob store, as the services have it.
    s3_endpoint: str = _blobs("s3_endpoint")
    s3_bucket: str = _blobs("s3_bucket")
    s3_region: str = _blobs("s3_region")
    s3_access_key: str = _blobs("s3_access_key")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), validation_alias=SHARED["s3_secret_key"])

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.parley_database_prefix}_{service}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one command; failures become a line for people and an exit code for programs."""
    try:
        return asyncio.run(work)
    except TransientError as error:
        typer.echo(
            f"{error.detail}: is it running, and do RABBITMQ_URL and MONGODB_URL lead to it?", err=True
        )
        raise typer.Exit(AWAY) from error
    except (ConfigurationError, OperationFailure) as error:
        typer.echo(f"the store refused: {type(error).__name__}; check MONGODB_URL and its user", err=True)
        raise typer.Exit(AWAY) from error
    except ParleyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(REFUSED) from error
