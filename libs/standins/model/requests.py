"""Requests as the endpoint checks them, and the bodies that answer them."""

import base64
import hashlib
import math
import struct
import time
from collections.abc import Mapping
from typing import Any, Final

from libs.standins.model.errors import invalid, missing
from libs.standins.model.replies import JsonObject, Prompt, Reply

ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool"})
MAX_INPUTS: Final = 2_048
MAX_INPUT_CHARACTERS: Final = 8_192 * 4
DEFAULT_DIMENSIONS: Final = 256


def chat_prompt(body: Mapping[str, Any]) -> Prompt:
    """Check a request for a chat completion and read it. Raises ApiError."""
    model = _text(body, "model")
    messages = body.get("messages")
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "a list of at least one message is expected")
    read = tuple(_message(number, one) for number, one in enumerate(messages))
    kind, schema = _response_format(body.get("response_format"))
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name) is not None and (not isinstance(body[name], int) or body[name] < 1):
            raise invalid(name, "a whole number from 1 on is expected")
    tools = tuple(str(tool["function"]["name"]) for tool in body.get("tools") or ())
    # As at OpenAI: JSON mode without the word would run on in white space.
    if kind == "json_object" and not any("json" in text.lower() for _, text in read):
        raise invalid("messages", "'messages' must contain the word 'json' to use a response of that type")
    return Prompt(model, read, schema, kind == "json_object", tools)


def responses_prompt(body: Mapping[str, Any]) -> Prompt:
    """Check a request of the responses API and read it. Raises ApiError."""
    model = _text(body, "model")
    given = body.get("input")
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        messages: tuple[tuple[str, str], ...] = (("user", given),)
    elif isinstance(given, list) and given:
        messages = tuple(_message(number, one) for number, one in enumerate(given))
    else:
        raise invalid("input", "text or a list of items is expected")
    text = body.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    schema = (
        wanted.get("schema") if isinstance(wanted, dict) and wanted.get("type") == "json_schema" else None
    )
    if isinstance(instructions := body.get("instructions"), str):
        messages = (("system", instructions), *messages)
    return Prompt(model, messages, schema)


def _message(number: int, message: Any) -> tuple[str, str]:
    where = f"messages[{number}]"
    if not isinstance(message, dict):
        raise invalid(where, "an object is expected")
    role = message.get("role")
    if role not in ROLES:
        raise invalid(f"{where}.role", f"one of {', '.join(sorted(ROLES))} is expected")
    content = message.get("content")
    if content is None and role == "assistant":
        return role, ""
    if isinstance(content, str):
        return role, content
    if isinstance(content, list):
        parts = [str(part.get("text", "")) for part in content if isinstance(part, dict)]
        return role, "\n".join(parts)
    raise invalid(f"{where}.content", "text or a list of parts is expected")


def _response_format(given: Any) -> tuple[str, JsonObject | None]:
    if given is None:
        return "text", None
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        raise invalid("response_format.type", "text, json_object or json_schema is expected")
    if kind != "json_schema":
        return kind, None
    wanted = given.get("json_schema")
    if not isinstance(wanted, dict) or not wanted.get("name") or not isinstance(wanted.get("schema"), dict):
        raise missing("response_format.json_schema")
    if wanted.get("strict"):
        _check_strict(wanted["schema"], "schema")
    return kind, wanted["schema"]


def _check_strict(schema: Mapping[str, Any], where: str) -> None:
    """Strict output takes objects that allow nothing else and require everything."""
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            raise invalid(where, "'additionalProperties' is required to be false")
        if sorted(schema.get("required", ())) != sorted(properties):
            raise invalid(where, "'required' must name every property")
        for name, one in properties.items():
            _check_strict(one, f"{where}.{name}")
    if isinstance(items := schema.get("items"), dict):
        _check_strict(items, f"{where}.items")


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        raise missing(name)
    if not isinstance(value, str) or not value:
        raise invalid(name, "text is expected")
    return value


def completion(prompt: Prompt, reply: Reply, number: int) -> JsonObject:
    """A ``chat.completion``."""
    message: JsonObject = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(reply.tool_calls)
        ]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": prompt.model,
        "choices": [{"index": 0, "finish_reason": reply.finish_reason, "message": message}],
        "usage": _usage(prompt, reply),
    }


def response(prompt: Prompt, reply: Reply, number: int) -> JsonObject:
    """A ``response``."""
    part: JsonObject = {"type": "output_text", "text": reply.content or "", "annotations": []}
    if reply.refusal:
        part = {"type": "refusal", "refusal": reply.refusal}
    usage = _usage(prompt, reply)
    incomplete = reply.finish_reason == "length"
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if incomplete else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if incomplete else None,
        "model": prompt.model,
        "output": [
            {
                "type": "message",
                "id": f"msg_{number}",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
            "total_tokens": usage["total_tokens"],
        },
    }


def _usage(prompt: Prompt, reply: Reply) -> JsonObject:
    asked, said = tokens(prompt.whole), tokens(reply.content or "")
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def tokens(text: str) -> int:
    """About what a tokenizer would count."""
    return -(-len(text) // 4)


def embeddings(body: Mapping[str, Any]) -> JsonObject:
    """Check a request for embeddings and answer it: hashed words, so that like texts are near. ApiError."""
    model = _text(body, "model")
    given = body.get("input")
    if given is None:
        raise missing("input")
    inputs = [given] if isinstance(given, str) else given
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, str) for one in inputs):
        raise invalid("input", "text or a list of texts is expected")
    if len(inputs) > MAX_INPUTS:
        raise invalid("input", f"at most {MAX_INPUTS} inputs")
    for text in inputs:
        if not text:
            raise invalid("input", "input cannot be an empty string")
        if len(text) > MAX_INPUT_CHARACTERS:
            raise invalid("input", "this model's maximum context length is 8192 tokens")
    dimensions = body.get("dimensions") or DEFAULT_DIMENSIONS
    if not isinstance(dimensions, int) or not 1 <= dimensions <= 4_096:
        raise invalid("dimensions", "1-4096 is expected")
    packed = body.get("encoding_format", "float")
    if packed not in {"float", "base64"}:
        raise invalid("encoding_format", "float or base64 is expected")
    used = sum(tokens(text) for text in inputs)
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": place, "embedding": _packed(vector(text, dimensions), packed)}
            for place, text in enumerate(inputs)
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def vector(text: str, dimensions: int) -> list[float]:
    """A unit vector of the text's words, the same each time."""
    values = [0.0] * dimensions
    for word in text.lower().split():
        digest = hashlib.blake2b(word.strip(".,;:!?()\"'").encode(), digest_size=8).digest()
        place = int.from_bytes(digest[:4], "little") % dimensions
        values[place] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]


def _packed(values: list[float], encoding: str) -> Any:
    if encoding == "float":
        return values
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
