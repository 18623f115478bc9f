"""FastAPI compiles a validator for each parameter and answer of each route, each time an application is made.

Most of the time of the gateway's tests went there: every test makes its own. The same annotation gives the
same validator, so it is compiled once in a run.
"""

from typing import Any

import pytest
from fastapi._compat import v2
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

_compiled: dict[Any, TypeAdapter[Any]] = {}


def _key(kind: Any, config: Any) -> Any:
    """Equal for equal annotations; None where that cannot be told, as of one with a function in it."""
    parts = [
        repr(one) if isinstance(one, FieldInfo) else one for one in (kind.__origin__, *kind.__metadata__)
    ]
    if config is not None or any(isinstance(one, str) and " at 0x" in one for one in parts):
        return None
    key = tuple(parts)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def remembered(kind: Any, *, config: Any = None) -> TypeAdapter[Any]:
    """TypeAdapter, once an annotation."""
    key = _key(kind, config)
    if key is None:
        return TypeAdapter(kind, config=config)
    if key not in _compiled:
        _compiled[key] = TypeAdapter(kind, config=config)
    return _compiled[key]


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as the monkeypatch holds."""
    monkeypatch.setattr(v2, "TypeAdapter", remembered)
