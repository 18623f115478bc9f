"""Reading parameters the way Telegram does: numbers and booleans also as text, objects also as JSON text."""

import json
from collections.abc import Mapping
from typing import Any

from libs.standins.telegram.errors import bad_request


def text_of(params: Mapping[str, Any], name: str) -> str:
    """Return a parameter as text, empty when absent."""
    value = params.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        # JSON can spell halves of surrogate pairs, which are no characters.
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise bad_request("strings must be encoded in UTF-8")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise bad_request(f'field "{name}" must be of type String')


def int_of(params: Mapping[str, Any], name: str) -> int | None:
    """Return a parameter as a whole number; None when absent, empty or not a number."""
    value = params.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return None


def bool_of(params: Mapping[str, Any], name: str) -> bool:
    """Return a parameter as a boolean: true, "true", "yes" and 1 are true."""
    value = params.get(name)
    return value is True or (value is not None and str(value).strip().lower() in {"true", "yes", "1"})


def float_of(params: Mapping[str, Any], name: str, label: str) -> float:
    """Return a required parameter as a number. ``label`` names it in the refusal."""
    value = params.get(name)
    if value is None or value == "":
        raise bad_request(f"{label} is empty")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise bad_request(f"can't parse {label}") from None


def json_of(params: Mapping[str, Any], name: str, label: str) -> Any:
    """Return a parameter that is a JSON value, given as such or as text; None when absent."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad_request(f"can't parse {label} JSON object") from None


def object_of(params: Mapping[str, Any], name: str, label: str) -> dict[str, Any] | None:
    """Return a parameter that is a JSON object; None when absent."""
    value = json_of(params, name, label)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"object expected as {label}")
    return value
