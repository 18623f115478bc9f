"""`python -m services.ai`."""

from libs.runtime.service import run
from services.ai.app import build
from services.ai.settings import AISettings

if __name__ == "__main__":
    settings = AISettings()
    run(settings, "ai", lambda: build(settings))
