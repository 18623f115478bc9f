"""`python -m services.conversation`."""

from libs.runtime.service import run
from services.conversation.app import build
from services.conversation.settings import ConversationSettings

if __name__ == "__main__":
    settings = ConversationSettings()
    run(settings, "conversation", lambda: build(settings))
