"""Every contract is read by its neighbours: version N by N+1, and N+1 by N.

The neighbour is made from the contract itself: at every depth a field more, with a default.
"""

from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from libs.contracts.base import Contract
from libs.contracts.catalogue import contracts
from libs.contracts.compatibility import breaks, resolve

NAMES = sorted(contracts())


def _next(annotation: Any, made: dict[type, type]) -> Any:
    """The same annotation with every model in it replaced by its next version."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _next_version(annotation, made)
    inside = get_args(annotation)
    if get_origin(annotation) is tuple:
        return tuple[tuple(_next(part, made) for part in inside)]  # type: ignore[misc]
    if inside and any(isinstance(part, type) and issubclass(part, BaseModel) for part in inside):
        united = _next(inside[0], made)
        for part in inside[1:]:
            united |= part
        return united
    return annotation


def _next_version(model: type[BaseModel], made: dict[type, type]) -> type[BaseModel]:
    if model not in made:
        fields: dict[str, Any] = {}
        for name, field in model.model_fields.items():
            copied = FieldInfo.merge_field_infos(field, annotation=_next(field.annotation, made))
            fields[name] = (copied.annotation, copied)
        made[model] = create_model(
            model.__name__, __base__=Contract, **fields, added_in_next=(str, "from the future")
        )
    return made[model]


_STRINGS = {"date-time": "2025-11-20T14:00:00Z", "date": "2025-11-20"}


def _sample(schema: Any, root: Any, added: dict[str, str]) -> Any:
    """A value that fits a schema, every field set, with `added` in every object that has fields."""
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], root, added)
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            **{name: _sample(field, root, added) for name, field in properties.items()},
            **(added if properties else {}),
        }
    if kind == "array":
        return [_sample(schema["items"], root, added)]
    plain = {"string": "x", "integer": schema.get("minimum", 0), "number": 0.5, "boolean": True, "null": None}
    return _STRINGS.get(schema.get("format", ""), plain[kind])


@pytest.mark.parametrize("name", NAMES)
def test_this_version_reads_what_the_next_one_sends(name: str):
    model = contracts()[name]
    schema = model.model_json_schema()
    known = model.model_validate(_sample(schema, schema, {}))
    newer = model.model_validate(_sample(schema, schema, {"added_in_next": "from the future"}))
    assert newer == known


@pytest.mark.parametrize("name", NAMES)
def test_the_next_version_reads_what_this_one_sends(name: str):
    model = contracts()[name]
    schema = model.model_json_schema()
    sent = model.model_validate(_sample(schema, schema, {}))
    read = _next_version(model, {}).model_validate_json(sent.model_dump_json())
    assert read.added_in_next == "from the future"  # type: ignore[attr-defined]
    assert model.model_validate_json(read.model_dump_json()) == sent


@pytest.mark.parametrize("name", NAMES)
def test_the_next_version_is_an_addition(name: str):
    model = contracts()[name]
    newer = _next_version(model, {})
    assert breaks({name: model.model_json_schema()}, {name: newer.model_json_schema()}) == []
