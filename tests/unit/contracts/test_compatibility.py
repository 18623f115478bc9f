"""The rules of what may change in a schema: each break is found and explained, each addition passes."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, create_model

from libs.contracts.catalogue import schemas
from libs.contracts.compatibility import Break, breaks, resolve


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _rules(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found.path, found.rule) for found in breaks({"m": old}, {"m": new})]


BASE = _object(
    ("id", "status"),
    id={"type": "string", "maxLength": 10, "minLength": 1},
    status={"enum": ["active", "closed"], "type": "string"},
    note={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    tags={"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 3},
    place={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
    extra={"type": "object", "additionalProperties": True},
)


def _changed(**properties: Any) -> dict[str, Any]:
    new = copy.deepcopy(BASE)
    for name, schema in properties.items():
        new["properties"][name] = schema
    return new


def test_a_schema_is_compatible_with_itself():
    assert breaks(schemas(), schemas()) == []


@pytest.mark.parametrize(
    "new",
    [
        _changed(added={"type": "string", "default": ""}),
        _changed(status={"enum": ["active", "closed", "archived"], "type": "string"}),
        _changed(id={"type": "string", "maxLength": 20}),
        _changed(tags={"type": "array", "items": {"type": "string"}}),
        {**BASE, "title": "Another", "description": "words"},
    ],
)
def test_an_addition_passes(new: dict[str, Any]):
    assert _rules(BASE, new) == []


@pytest.mark.parametrize(
    ("new", "path", "rule"),
    [
        (_changed(id={"type": "integer"}), "id", "changed-type"),
        (_changed(id={"type": "string", "format": "uuid", "maxLength": 10}), "id", "changed-format"),
        (_changed(id={"type": "string", "maxLength": 9, "minLength": 1}), "id", "narrowed-maxLength"),
        (_changed(id={"type": "string", "maxLength": 10, "minLength": 2}), "id", "narrowed-minLength"),
        (_changed(id={"type": "string", "maxLength": 10, "pattern": "^a"}), "id", "narrowed-pattern"),
        (_changed(id={"type": "string", "maxLength": 10, "enum": ["a"]}), "id", "narrowed-enum"),
        (_changed(status={"enum": ["active"], "type": "string"}), "status", "narrowed-enum"),
        (_changed(status={"const": "active", "type": "string"}), "status", "narrowed-enum"),
        (_changed(status={"type": "string"}), "status", "opened-enum"),
        (_changed(note={"anyOf": [{"type": "string"}]}), "note", "narrowed-type"),
        (
            _changed(note={"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "integer"}]}),
            "note",
            "widened-type",
        ),
        (
            _changed(note={"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}),
            "note",
            "narrowed-maxLength",
        ),
        (
            _changed(tags={"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 3}),
            "tags[]",
            "narrowed-maxLength",
        ),
        (
            _changed(tags={"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 2}),
            "tags",
            "narrowed-maxItems",
        ),
        (_changed(tags={"type": "array", "items": False, "maxItems": 3}), "tags[]", "changed-items"),
        (
            _changed(place={"type": "array", "prefixItems": [{"type": "string"}]}),
            "place",
            "changed-prefixItems",
        ),
        (
            _changed(place={"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}),
            "place[1]",
            "changed-type",
        ),
        (
            _changed(extra={"type": "object", "additionalProperties": {"type": "string"}}),
            "extra{}",
            "changed-additionalProperties",
        ),
        (
            _changed(extra={"type": "object", "additionalProperties": False}),
            "extra{}",
            "changed-additionalProperties",
        ),
        (
            _changed(extra={"type": "object", "additionalProperties": True, "not": {}}),
            "extra",
            "changed-not",
        ),
    ],
)
def test_a_break_is_found_where_it_is(new: dict[str, Any], path: str, rule: str):
    assert (path, rule) in _rules(BASE, new)


def test_a_removed_message_is_a_break():
    (found,) = breaks({"a.v1": BASE, "b.v1": BASE}, {"b.v1": BASE})
    assert (found.schema, found.rule) == ("a.v1", "removed-type")
    assert str(found).startswith("a.v1: is gone")


def test_a_new_message_is_an_addition():
    assert breaks({"a.v1": BASE}, {"a.v1": BASE, "a.v2": _object()}) == []


def test_a_removed_field_is_a_break():
    new = copy.deepcopy(BASE)
    del new["properties"]["extra"]
    assert _rules(BASE, new) == [("extra", "removed-field")]


def test_a_renamed_field_is_named_as_such():
    new = copy.deepcopy(BASE)
    new["properties"]["remark"] = new["properties"].pop("note")
    (found,) = breaks({"m": BASE}, {"m": new})
    assert "renamed to remark?" in found.explanation


def test_required_fields_may_neither_come_nor_go():
    assert _rules(BASE, {**BASE, "required": ["id"]}) == [("status", "now-optional")]
    assert _rules(BASE, {**BASE, "required": ["id", "status", "note"]}) == [("note", "now-required")]
    added = _changed(added={"type": "string"})
    assert _rules(BASE, {**added, "required": ["id", "status", "added"]}) == [("added", "new-required")]


def test_a_break_inside_a_shared_definition_is_found_once_for_each_place():
    def rooted(limit: int) -> dict[str, Any]:
        return {
            **_object(
                (), owner={"$ref": "#/$defs/Actor"}, nested=_object((), again={"$ref": "#/$defs/Actor"})
            ),
            "$defs": {"Actor": _object((), name={"type": "string", "maxLength": limit})},
        }

    assert _rules(rooted(5), rooted(6)) == []
    assert _rules(rooted(5), rooted(4)) == [("owner.name", "narrowed-maxLength")]


def test_a_recursive_definition_ends():
    def tree(kind: str) -> dict[str, Any]:
        node = _object(
            (), value={"type": kind}, children={"type": "array", "items": {"$ref": "#/$defs/Node"}}
        )
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert _rules(tree("string"), tree("string")) == []
    assert _rules(tree("string"), tree("integer")) == [("value", "changed-type")]


def test_a_union_is_judged_by_its_models():
    def union(*titles: str, limit: int = 5) -> dict[str, Any]:
        models = [
            {**_object((), text={"type": "string", "maxLength": limit}), "title": title} for title in titles
        ]
        return {"anyOf": [*models, {}, {"type": "string"}, {"type": "string", "maxLength": limit}]}

    assert _rules(union("A", "B"), union("B", "A")) == []
    assert _rules(union("A", "B"), union("A")) == [("", "narrowed-type")]
    assert ("text", "narrowed-maxLength") in _rules(union("A"), union("A", limit=4))


def test_resolve_keeps_what_stands_beside_a_reference():
    root = {"$defs": {"A": {"type": "string", "default": "a"}}}
    assert resolve({"$ref": "#/$defs/A", "default": "b"}, root) == {"type": "string", "default": "b"}


def test_breaks_are_sorted_and_printed_with_their_path():
    assert str(Break("m", "a.b", "rule", "why")) == "m at a.b: why [rule]"
    old = _object((), b={"type": "string"}, a={"type": "string"})
    assert [found.path for found in breaks({"m": old}, {"m": _object()})] == ["a", "b"]


_KINDS = st.sampled_from([str, int, float, bool])
_NAMES = st.text("abcdefgh", min_size=1, max_size=4)
_SHAPES = st.dictionaries(_NAMES, st.tuples(_KINDS, st.booleans(), st.integers(1, 50)), max_size=6)


def _model(shape: dict[str, tuple[type, bool, int]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, (kind, needed, limit) in shape.items():
        limits: dict[str, Any] = {"max_length": limit} if kind is str else {}
        fields[f"f_{name}"] = (kind, Field(**limits) if needed else Field(default=kind(), **limits))
    return create_model("M", **fields).model_json_schema()


@settings(max_examples=40, deadline=None)
@given(_SHAPES, _NAMES, _KINDS)
def test_any_model_takes_a_new_field_with_a_default(shape: Any, name: str, kind: type):
    grown = {
        **{key: value for key, value in shape.items() if key != name},
        name: shape.get(name, (kind, False, 9)),
    }
    assert breaks({"m": _model(shape)}, {"m": _model(grown)}) == []


@settings(max_examples=40, deadline=None)
@given(_SHAPES.filter(bool), st.data())
def test_any_model_misses_a_removed_field(shape: Any, data: st.DataObject):
    gone = data.draw(st.sampled_from(sorted(shape)))
    less = {name: field for name, field in shape.items() if name != gone}
    found = breaks({"m": _model(shape)}, {"m": _model(less)})
    assert [(item.path, item.rule) for item in found] == [(f"f_{gone}", "removed-field")]


@settings(max_examples=40, deadline=None)
@given(_SHAPES, _SHAPES)
def test_two_models_without_a_break_accept_each_others_fields(one: Any, other: Any):
    """The judgement agrees with the meaning: no break means that every old field is there, alike."""
    if breaks({"m": _model(one)}, {"m": _model(other)}):
        return
    for name, (kind, needed, limit) in one.items():
        assert name in other
        assert other[name][:2] == (kind, needed)
        assert kind is not str or other[name][2] >= limit
    assert all(name in one or not field[1] for name, field in other.items())


def test_a_keyword_no_rule_judges_may_stay_as_it_is():
    schema = {"type": "string", "not": {"const": "x"}}
    assert _rules(schema, dict(schema)) == []
