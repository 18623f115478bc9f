"""Everything that a request carries has a limit: generated from the document, so a new field needs one."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.gateway.conftest import Site

_CONFINED = {"maxLength", "enum", "const"}
#: Of fixed form, which cannot be long; bytes of a file are counted as they come.
_FORMATS = {"date", "date-time", "binary"}
#: Where further fields are passed over: a message of the room as frontends have it.
_OPEN = {"ContextBody"}


def unlimited(schemas: Mapping[str, Any], node: Mapping[str, Any], place: str) -> Iterator[str]:
    """What of a schema may be as long, as many or as large as it likes."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        yield from unlimited(schemas, schemas[name], name)
    for one in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from unlimited(schemas, one, place)
    match node.get("type"):
        case "string" if not _CONFINED & set(node) and node.get("format") not in _FORMATS:
            yield f"{place}: a text without maxLength"
        case "integer" if not {"maximum", "exclusiveMaximum", "const"} & set(node):
            yield f"{place}: a number without maximum"
        case "array":
            if "maxItems" not in node:
                yield f"{place}: a list without maxItems"
            yield from unlimited(schemas, node["items"], f"{place}[]")
        case "object":
            yield from _of_object(schemas, node, place)


def _of_object(schemas: Mapping[str, Any], node: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, one in node.get("properties", {}).items():
        yield from unlimited(schemas, one, f"{place}.{name}")
    further = node.get("additionalProperties")
    if isinstance(further, dict):
        if "maxProperties" not in node:
            yield f"{place}: names without maxProperties"
        yield from unlimited(schemas, further, f"{place}{{}}")
    elif further is not False and "properties" in node and place not in _OPEN:
        yield f"{place}: unknown fields are taken"


async def test_every_text_list_and_number_of_a_request_has_a_limit(site: Site) -> None:
    document = (await site.client.get("/openapi.json")).json()
    schemas, found, bodies = document["components"]["schemas"], set(), 0
    for methods in document["paths"].values():
        for operation in methods.values():
            name = operation["operationId"]
            for one in operation.get("parameters", ()):
                found |= set(unlimited(schemas, one["schema"], f"{name}?{one['name']}"))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found |= set(unlimited(schemas, content["schema"], name))
                bodies += 1
    assert bodies > 30
    assert found == set(), "\n".join(sorted(found))


def test_the_look_finds_what_has_none() -> None:
    schemas = {"Body": {"type": "object", "properties": {"a": {"type": "string"}}}}
    node = {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"anyOf": [{"type": "integer"}]}},
        "properties": {"b": {"$ref": "#/components/schemas/Body"}, "c": {"type": "string", "maxLength": 9}},
    }
    assert sorted(unlimited(schemas, node, "here")) == [
        "Body.a: a text without maxLength",
        "Body: unknown fields are taken",
        "here: names without maxProperties",
        "here{}: a list without maxItems",
        "here{}[]: a number without maximum",
    ]
