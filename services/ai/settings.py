"""What the AI service can be told from outside; environment variables begin with `AI_`."""

from libs.runtime.settings import service_config
from services.ai.model_settings import ModelSettings


class AISettings(ModelSettings):
    """Beside the shared settings and those of models."""

    model_config = service_config("AI_")

    port: int = 8083
    #: Folder of the embedded engine's index, one a replica: two processes must not open the same. It can be
    #: lost: it is built again from the documents in the store.
    index_folder: str = "var/ai-index"
    #: Confidence from which the bot answers, 0 to 1. Higher: fewer wrong answers, more handoffs.
    answer_confidence: float = 0.81
    #: Confidence from which it names the nearest subject and asks back, below that of answering.
    clarify_confidence: float = 0.29
    #: Seconds between looks for documents that another replica has taken in.
    index_poll_seconds: float = 2.0
