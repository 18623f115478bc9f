"""Delivery as a process: `python -m services.delivery`."""

from libs.runtime.service import run
from services.delivery.app import build
from services.delivery.settings import DeliverySettings

if __name__ == "__main__":
    settings = DeliverySettings()
    run(settings, "delivery", lambda: build(settings))
