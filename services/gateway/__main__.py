"""`python -m services.gateway`."""

from libs.runtime.service import run
from services.gateway.app import NAME, build
from services.gateway.settings import GatewaySettings

if __name__ == "__main__":
    settings = GatewaySettings()
    run(settings, NAME, lambda: build(settings))
