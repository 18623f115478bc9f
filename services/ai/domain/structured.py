"""Answers in a given shape: the schema an endpoint is told, and reading what came back."""

import json
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from services.ai.domain.model_calls import ModelFailed

# Strict structured output knows none of these; pydantic checks them when the answer is read.
_NOT_TOLD: Final = frozenset(
    {
        "title",
        "default",
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "minimum",
        "maximum",
        "description",
    }
)
_MOST_STARTS: Final = 20


class Shape(BaseModel):
    """The base of what a model is to say. Members nobody asked for are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


S = TypeVar("S", bound=Shape)


def strict_schema(shape: type[Shape]) -> dict[str, Any]:
    """The JSON Schema of a shape in the subset that strict structured output takes: nothing optional, nothing
    beyond it, no references.
    """
    schema = shape.model_json_schema()
    strict: dict[str, Any] = _strict(schema, schema.get("$defs", {}))
    return strict


def _strict(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_strict(one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        return _strict(definitions[reference.rpartition("/")[2]], definitions)
    strict: dict[str, Any] = {}
    for name, value in node.items():
        if name == "properties":
            strict[name] = {one: _strict(schema, definitions) for one, schema in value.items()}
        elif name not in _NOT_TOLD and name != "$defs":
            strict[name] = _strict(value, definitions)
    if strict.get("type") == "object":
        strict["required"] = list(strict.get("properties", {}))
        strict["additionalProperties"] = False
    return strict


def read_shape(text: str, shape: type[S]) -> S:
    """The first JSON object of a text that fits the shape; what stands around it is passed over.

    Raises ModelFailed (`garbage`) that says what did not fit, without what was said.
    """
    wrong = "there is no JSON object"
    for start in _starts(text):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        try:
            return shape.model_validate(found)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
    raise ModelFailed("garbage", wrong)


def _starts(text: str) -> list[int]:
    return [place for place, character in enumerate(text) if character == "{"][:_MOST_STARTS]
