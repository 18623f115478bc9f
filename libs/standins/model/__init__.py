"""An OpenAI-compatible model endpoint: chat completions, responses, embeddings, models."""

from libs.standins.model.replies import Prompt, Reply, ReplyRule
from libs.standins.model.standin import ModelStandin

__all__ = ["ModelStandin", "Prompt", "Reply", "ReplyRule"]
