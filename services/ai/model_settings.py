"""Which models the AI service may ask, for what, and how much; environment variables begin with `AI_`."""

from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from libs.runtime.settings import ServiceSettings

Task = Literal["analyse", "rewrite", "answer", "draft", "improve"]


class RouteSetting(BaseModel):
    """A row of the routing table. Models are `main/<name>` or `second/<name>`, the first choice first."""

    tasks: tuple[Task, ...]
    models: tuple[str, ...]
    least_value: float = 0.0
    least_complexity: float = 0.0
    #: None named: every chatbot.
    chatbots: tuple[str, ...] = ()


class PriceSetting(BaseModel):
    """Of a million tokens."""

    prompt: float
    completion: float


class ModelSettings(ServiceSettings):
    """Without a key no model is asked, and the service answers from its documents alone."""

    #: An OpenAI-compatible endpoint, with its `/v1`. A key alone uses OpenAI's.
    model_base_url: str = Field(
        default="https://api.openai.com/v1",
        validation_alias=AliasChoices("model_base_url", "AI_MODEL_BASE_URL", "OPENAI_BASE_URL"),
    )
    model_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("model_api_key", "AI_MODEL_API_KEY", "OPENAI_API_KEY")
    )
    #: The endpoint that is asked where the first gives no answer; a key alone uses Anthropic's.
    second_base_url: str = Field(
        default="https://api.anthropic.com/v1",
        validation_alias=AliasChoices("second_base_url", "AI_SECOND_BASE_URL"),
    )
    second_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("second_api_key", "AI_SECOND_API_KEY", "ANTHROPIC_API_KEY"),
    )
    #: Models of the default routing table: the cheap one understands messages, the premium one writes.
    model_cheap: str = "gpt-4.1-mini"
    model_premium: str = "gpt-4.1"
    second_cheap: str = "claude-haiku-4-5"
    second_premium: str = "claude-sonnet-4-5"
    #: A routing table of your own, read from the top, as JSON; unset is the default. `[{"tasks": ["answer"],
    #: "least_value": 1000, "least_complexity": 0.5, "models": ["main/gpt-4.1", "second/claude-haiku-4-5"]}]`
    model_routes: tuple[RouteSetting, ...] = ()
    #: Prices of a million tokens by full name, as JSON: `{"main/gpt-4.1": {"prompt": 2, "completion": 8}}`.
    #: Without one a call's tokens are recorded, and its cost as 0.
    model_prices: dict[str, PriceSetting] = Field(default_factory=dict)
    #: Seconds for one call, and for everything that is tried for one answer. The customer is handed over
    #: after 30, so the second must leave time to decide.
    model_call_seconds: float = 8.0
    model_seconds: float = 18.0
    #: Seconds for which an endpoint that failed five times in a row is left alone.
    model_pause_seconds: float = Field(default=15.0, gt=0)
    #: Calls of one endpoint under way at once; what comes beyond is answered without it.
    model_calls_at_once: int = 32
    #: Tokens for a conversation in its whole life, and for an account a day (UTC); 0 is no limit. Beyond it
    #: the bot hands over and suggestions are quotes.
    conversation_tokens: int = 200_000
    account_day_tokens: int = 5_000_000
    #: The same in money, in the currency of `AI_MODEL_PRICES`. A model without a price costs nothing here.
    conversation_cost: float = Field(default=0.0, ge=0)
    account_day_cost: float = Field(default=0.0, ge=0)
    #: What the bot does when no model gives an answer: `hand_off`, or `extractive`, which quotes a passage
    #: where it is sure enough and hands over otherwise.
    without_model: Literal["hand_off", "extractive"] = "hand_off"
