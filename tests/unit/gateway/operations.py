"""The operations of an OpenAPI document, each with a request that fits: tests are generated from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One operation. `body` is the document's own example."""

    name: str
    method: str
    path: str
    body: Any = None
    headers: frozenset[str] = field(default=frozenset())
    is_upload: bool = False

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"{(\w+)}", self.path)

    def address(self, values: Mapping[str, str] | None = None) -> str:
        """Its path with these values, and with an id that nobody has for the others."""
        known = values or {}
        return re.sub(r"{(\w+)}", lambda found: known.get(found[1], "nobody-has-this-0000"), self.path)

    def __str__(self) -> str:
        return f"{self.name} ({self.method} {self.path})"


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """All of them, in the document's order."""
    return [
        Operation(
            name=operation["operationId"],
            method=method.upper(),
            path=path,
            body=_example(document, operation),
            headers=frozenset(
                one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"
            ),
            is_upload="multipart/form-data" in operation.get("requestBody", {}).get("content", {}),
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _example(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    schema = content["schema"]
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            named = document["components"]["schemas"][one["$ref"].rpartition("/")[2]]
            return named["examples"][0]
    return None
