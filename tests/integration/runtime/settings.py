"""Settings of a service that runs in a test."""

import base64
from typing import Any

from libs.runtime.settings import ServiceSettings, service_config


class TestSettings(ServiceSettings):
    """The shared settings alone."""

    __test__ = False
    model_config = service_config("TESTING_")


KEY = base64.b64encode(bytes(32)).decode()


def settings(broker: str, store: str, prefix: str, **more: Any) -> TestSettings:
    """Settings for a service on the test's own broker and databases."""
    return TestSettings(
        rabbitmq_url=broker, mongodb_url=store, database_prefix=prefix, secret_key=KEY, **more
    )
