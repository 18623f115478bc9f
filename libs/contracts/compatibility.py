"""Whether a set of JSON Schemas can take the place of an older one without a new version.

Two readers must go on working: new code that reads what old code stored, and old code that reads what new
code sends. So a field may be added with a default, a word list may grow and a limit may widen (consumers are
deployed first). Everything else is a break, and needs a new type beside the old one.

Understands the part of JSON Schema that pydantic writes. A keyword it does not know must not change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

#: Limits whose lower value takes less, and those whose higher value does.
_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
_LOWER = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
#: Keywords that say nothing about which values fit.
_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "$schema", "$id", "$defs", "$comment"}
)
_JUDGED = frozenset(
    {
        *_UPPER,
        *_LOWER,
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "anyOf",
        "enum",
        "const",
        "type",
        "format",
        "pattern",
    }
)


@dataclass(frozen=True, order=True)
class Break:
    """One incompatible change: in which schema, at which path, by which rule, and what follows from it."""

    schema: str
    path: str
    rule: str
    explanation: str

    def __str__(self) -> str:
        where = f"{self.schema} at {self.path}" if self.path else self.schema
        return f"{where}: {self.explanation} [{self.rule}]"


def breaks(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Break]:
    """Every break between two sets of schemas, by name; empty when `new` may replace `old`."""
    found = []
    for name, schema in old.items():
        if name not in new:
            explanation = "is gone: what is stored or still sent under it can no longer be read"
            found.append(Break(name, "", "removed-type", explanation))
        else:
            found.extend(_Comparison(name, schema, new[name]).run())
    return sorted(set(found))


class _Comparison:
    """Walks one schema and its successor side by side."""

    def __init__(self, name: str, old: Schema, new: Schema) -> None:
        self._name = name
        self._old, self._new = old, new
        self._seen: set[tuple[str, str]] = set()

    def run(self) -> Iterator[Break]:
        yield from self._compare("", self._old, self._new)

    def _break(self, path: str, rule: str, explanation: str) -> Break:
        return Break(self._name, path, rule, explanation)

    def _compare(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            # A pair of definitions is judged where it is met first: a recursive model would not end.
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = resolve(old, self._old), resolve(new, self._new)
        for rule in (
            self._kind,
            self._words,
            self._limits,
            self._fields,
            self._members,
            self._alternatives,
            self._unknown,
        ):
            yield from rule(path, old, new)

    def _kind(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        for keyword in ("type", "format"):
            before, after = old.get(keyword), new.get(keyword)
            if before != after:
                yield self._break(
                    path,
                    f"changed-{keyword}",
                    f"{keyword} was {before!r} and is {after!r}: one side refuses what the other sends",
                )

    def _words(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = _listed(old), _listed(new)
        if after is None:
            if before is not None:
                yield self._break(
                    path, "opened-enum", "the closed word list is gone: old consumers refuse other words"
                )
        elif before is None:
            yield self._break(path, "narrowed-enum", f"only {after} fit now, where any value did")
        else:
            for word in before:
                if word not in after:
                    yield self._break(
                        path, "narrowed-enum", f"{word!r} is gone, but may be stored or still sent"
                    )

    def _limits(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        for keyword in (*_UPPER, *_LOWER):
            before, after = old.get(keyword), new.get(keyword)
            if after is None or before == after:
                continue
            if before is None or (after < before if keyword in _UPPER else after > before):
                was = "unlimited" if before is None else before
                yield self._break(
                    path,
                    f"narrowed-{keyword}",
                    f"{keyword} was {was} and is {after}: stored values may not fit",
                )
        if new.get("pattern") is not None and new.get("pattern") != old.get("pattern"):
            yield self._break(path, "narrowed-pattern", "the pattern is another: stored values may not fit")

    def _fields(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for field, schema in before.items():
            at = f"{path}.{field}" if path else field
            if field not in after:
                yield self._gone(at, field, before, after)
                continue
            if field in needed_before - needed_after:
                yield self._break(at, "now-optional", "may be left out now: old consumers need it")
            if field in needed_after - needed_before:
                yield self._break(at, "now-required", "is required now: stored messages may lack it")
            yield from self._compare(at, schema, after[field])
        for field in sorted(set(after) - set(before)):
            if field in needed_after:
                at = f"{path}.{field}" if path else field
                yield self._break(
                    at, "new-required", "is new and required: stored messages lack it; give it a default"
                )

    def _gone(self, at: str, field: str, before: Schema, after: Schema) -> Break:
        wanted = _bare(before[field])
        alike = [name for name in after if name not in before and _bare(after[name]) == wanted]
        hint = f" (renamed to {' or '.join(sorted(alike))}?)" if alike else ""
        return self._break(at, "removed-field", f"is gone{hint}: old consumers read it")

    def _members(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        """What lists and maps hold."""
        for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
            before, after = old.get(keyword, True), new.get(keyword, True)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self._compare(path + mark, before, after)
            elif before != after:
                yield self._break(
                    path + mark, f"changed-{keyword}", f"{keyword} was {_say(before)} and is {_say(after)}"
                )
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield self._break(path, "changed-prefixItems", f"had {len(before)} places and has {len(after)}")
        else:
            for place, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from self._compare(f"{path}[{place}]", one, other)

    def _alternatives(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        before = _by_kind(old.get("anyOf", ()), self._old)
        after = _by_kind(new.get("anyOf", ()), self._new)
        for kind in sorted(set(before) - set(after)):
            yield self._break(path, "narrowed-type", f"{kind} does not fit any more, but may be stored")
        for kind in sorted(set(after) - set(before)):
            yield self._break(path, "widened-type", f"{kind} fits now: old consumers refuse it")
        for kind in sorted(set(before) & set(after)):
            yield from self._compare(path, before[kind], after[kind])

    def _unknown(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        for keyword in sorted({*old, *new} - _ANNOTATIONS - _JUDGED):
            if old.get(keyword) != new.get(keyword):
                yield self._break(
                    path, f"changed-{keyword}", f"{keyword} differs, and no rule here judges it"
                )


def resolve(schema: Schema, root: Schema) -> Schema:
    """Follow `$ref` into the root's definitions; keywords beside it stay."""
    while "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _bare(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _ANNOTATIONS}


def _say(value: bool | Schema) -> str:
    if isinstance(value, bool):
        return "anything" if value else "nothing"
    return "limited"


def _by_kind(alternatives: Sequence[Schema], root: Schema) -> dict[str, Schema]:
    """Alternatives by what tells them apart; those of one kind by their place among them."""
    found: dict[str, Schema] = {}
    for one in alternatives:
        kind = _kind_of(one, root)
        place = sum(name.partition("#")[0] == kind for name in found)
        found[f"{kind}#{place}" if place else kind] = one
    return found


def _kind_of(alternative: Schema, root: Schema) -> str:
    """What tells one alternative of a union from the others: its model, else its type and format."""
    schema = resolve(alternative, root)
    if schema.get("type") == "object" and "title" in schema:
        return f"object {schema['title']}"
    return " ".join(str(schema[key]) for key in ("type", "format") if key in schema) or "anything"
