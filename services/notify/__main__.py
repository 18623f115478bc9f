"""Notify as a process: `python -m services.notify`."""

from libs.runtime.service import run
from services.notify.app import build
from services.notify.settings import NotifySettings

if __name__ == "__main__":
    settings = NotifySettings()
    run(settings, "notify", lambda: build(settings))
