"""What the AI service can be told from outside; environment variables begin with `AI_`."""

from typing import Literal

from pydantic import AliasChoices, Field, SecretStr

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
    #: What becomes of a contact's question whose answer an agent approved: `at_once`, its document is found
    #: by it from then on; `reviewed`, it waits until an administrator approves it.
    learnt_phrasings: Literal["at_once", "reviewed"] = "at_once"
    #: Seconds between looks for documents that another replica has taken in.
    index_poll_seconds: float = 2.0
    #: A Qdrant server that all replicas share; empty: the embedded engine, an index a replica.
    qdrant_url: str = Field(
        default="", validation_alias=AliasChoices("qdrant_url", "AI_QDRANT_URL", "QDRANT_URL")
    )
    qdrant_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("qdrant_api_key", "AI_QDRANT_API_KEY", "QDRANT_API_KEY")
    )
    #: A folder with `model.onnx` and `tokenizer.json`: passages are found by meaning without a network. It
    #: comes before the endpoint's model.
    embedding_folder: str = ""
    #: The endpoint's embedding model, used where there is a key; empty: words alone are compared.
    embedding_model: str = "text-embedding-3-small"
    #: Length of its vectors. Another length or model builds the index anew.
    embedding_dimension: int = Field(default=1536, ge=8, le=4096)
    #: Seconds for one call of it.
    embedding_seconds: float = 10.0
