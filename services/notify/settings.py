"""What notify can be told from outside, on top of what every service can."""

from pydantic import Field

from libs.runtime.settings import ServiceSettings, service_config


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
