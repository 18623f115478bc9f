"""A model endpoint that speaks OpenAI's chat completions, through the ``openai`` package.

The package checks nothing of a successful body and honours hints of many minutes; both are done here.
"""

import asyncio
import json
import random
from typing import Any, Final

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from services.ai.domain.model_calls import ChatRequest, ModelFailed, Said, Usage

_ATTEMPTS: Final = 2
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_HINT_S: Final = 2.0
_CHARACTERS_A_TOKEN: Final = 4
_RETRIED: Final = frozenset({408, 409, 429})
_MISCONFIGURED: Final = frozenset({401, 403, 404})


class OpenAIChat:
    """The port `ChatModel` on one endpoint. ``seconds`` is the limit of a single call."""

    def __init__(self, base_url: str, api_key: str, *, seconds: float) -> None:
        self._client = AsyncOpenAI(
            api_key=api_key, base_url=base_url, timeout=seconds, max_retries=0, organization="", project=""
        )
        self._seconds = seconds
        self._limit_name = "max_completion_tokens"

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def say(self, request: ChatRequest) -> Said:
        """A complete answer; a passing failure is tried once more after a short pause. Raises ModelFailed."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _said(request, await self._complete(request))
            except ModelFailed as error:
                pause = error.retry_after if error.retry_after is not None else _pause(attempt)
                if error.kind != "unavailable" or attempt == _ATTEMPTS or pause > _LONGEST_HINT_S:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _complete(self, request: ChatRequest) -> Any:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._create(request)
        except (TimeoutError, openai.APITimeoutError):
            raise ModelFailed("timeout", f"no answer within {self._seconds:g} s") from None
        except json.JSONDecodeError:
            raise ModelFailed("garbage", "the body is not JSON") from None
        except openai.APIStatusError as error:
            if self._limit_is_called_otherwise(error):
                return await self._complete(request)
            raise _refused(error, request) from None
        except openai.APIConnectionError as error:
            raise ModelFailed("unavailable", type(error.__cause__).__name__) from None
        except openai.OpenAIError as error:
            raise ModelFailed("garbage", type(error).__name__) from None

    async def _create(self, request: ChatRequest) -> Any:
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": one.role, "content": one.text} for one in request.messages],
            self._limit_name: request.output_limit,
        }
        if request.form == "strict":
            wanted = {"name": "answer", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif request.form == "json":
            body["response_format"] = {"type": "json_object"}
        return await self._client.chat.completions.create(**body)

    def _limit_is_called_otherwise(self, error: openai.APIStatusError) -> bool:
        """Older servers know ``max_tokens`` alone."""
        if error.status_code not in {400, 422} or self._limit_name == "max_tokens":
            return False
        if self._limit_name not in f"{error.param} {error.message}":
            return False
        self._limit_name = "max_tokens"
        return True


def _pause(attempt: int) -> float:
    # Jitter, so that a hundred conversations do not come back at the same moment.
    return _FIRST_PAUSE_S * attempt * (1 + random.random())  # noqa: S311 - no secret


def _refused(error: openai.APIStatusError, request: ChatRequest) -> ModelFailed:
    status, code = error.status_code, error.code
    detail = f"HTTP {status}" + (f" {code}" if isinstance(code, str) else "")
    if status in _MISCONFIGURED or code == "insufficient_quota":
        return ModelFailed("misconfigured", detail)
    if code == "context_length_exceeded":
        return ModelFailed("too_long", detail)
    if status in _RETRIED or status >= 500:
        if error.response.headers.get("x-should-retry") == "false":
            return ModelFailed("unavailable", detail, retry_after=float("inf"))
        return ModelFailed("unavailable", detail, retry_after=_hint(error))
    return ModelFailed("no_format" if _is_about_the_form(error, request) else "garbage", detail)


def _is_about_the_form(error: openai.APIStatusError, request: ChatRequest) -> bool:
    said = f"{error.param} {error.message}".lower()
    return request.form != "text" and any(
        word in said for word in ("response_format", "schema", "json_object")
    )


def _hint(error: openai.APIStatusError) -> float | None:
    """Seconds to wait as the endpoint says; a date is taken as too long to wait for."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (given := headers.get(name)) is not None:
            try:
                return max(0.0, float(given) / unit)
            except ValueError:
                return float("inf")
    return None


def _said(request: ChatRequest, answer: Any) -> Said:
    """The answer's text, if it is one that came to its own end. Raises ModelFailed."""
    choices = getattr(answer, "choices", None) if isinstance(answer, ChatCompletion) else None
    if not isinstance(choices, list) or not choices:
        raise ModelFailed("garbage", "the body is no completion")
    reason, message = getattr(choices[0], "finish_reason", None), getattr(choices[0], "message", None)
    if getattr(message, "refusal", None) or reason == "content_filter":
        raise ModelFailed("refused")
    if reason == "length":
        raise ModelFailed("cut")
    text = getattr(message, "content", None)
    # Without its reason an answer may have been cut anywhere.
    if reason != "stop" or not isinstance(text, str) or not text.strip():
        raise ModelFailed("garbage", "the completion is not complete")
    return Said(text, _usage(request, answer, text))


def _usage(request: ChatRequest, answer: ChatCompletion, text: str) -> Usage:
    asked, said = (getattr(answer.usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    if isinstance(asked, int) and isinstance(said, int):
        return Usage(asked, said)
    characters = sum(len(one.text) for one in request.messages)
    return Usage(characters // _CHARACTERS_A_TOKEN, len(text) // _CHARACTERS_A_TOKEN, estimated=True)
