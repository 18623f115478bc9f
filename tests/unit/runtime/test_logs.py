"""Logs say what happened and where, never what people wrote, who they are, or a secret."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from libs.runtime import logs

SECRET = "a private thing"
log_made_at_import = logs.get_logger("early")


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The lines written since the configuration."""
    written, before = io.StringIO(), (logging.root.handlers[:], logging.root.level)
    monkeypatch.setattr(sys, "stderr", written)
    # basicConfig closes the handlers that it takes away, and these are pytest's.
    logging.root.handlers[:] = []
    logs.configure_logs("testing", "INFO")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("key", sorted(logs._PRIVATE - {"event"}))
def test_values_under_private_keys_never_leave_the_process(lines: Lines, key: str):
    logs.get_logger("x").info("it happened", **{key: SECRET})
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    assert line["event"] == "it happened"


def test_an_exceptions_text_never_leaves_the_process_but_its_type_and_place_do(lines: Lines):
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        logs.get_logger("x").error("failed", exc_info=error)
        logs.get_logger("x").error("failed", exc_info=True)
        logs.get_logger("x").exception("failed")
    for line in lines():
        assert SECRET not in json.dumps(line)
        assert line["error_type"] == "ValueError"
        assert "test_logs.py" in line["error_at"][-1]


def test_a_logger_made_before_the_configuration_keeps_to_it(lines: Lines):
    log_made_at_import.warning("late", content=SECRET)
    (line,) = lines()
    assert (line["component"], line["service"], line["content"]) == ("early", "testing", "[removed]")


def test_lines_are_one_json_object_each_with_level_and_time(lines: Lines):
    logs.get_logger("x").info("one", number=1)
    logs.get_logger("x").debug("not at this level")
    (line,) = lines()
    assert line["level"] == "info"
    assert line["number"] == 1
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_lines_lose_their_arguments(lines: Lines):
    logging.getLogger("some.library").warning("could not send %s", SECRET)
    logging.getLogger("some.library").warning(f"could not send {SECRET}")  # noqa: G004 - what a library may do
    found = lines()
    assert len(found) == 2
    assert SECRET not in json.dumps(found)
    assert {line["component"] for line in found} == {"some.library"}


async def test_what_is_bound_around_a_handler_is_in_its_lines(lines: Lines):
    async def handler() -> None:
        logs.get_logger("x").info("inside")

    with structlog.contextvars.bound_contextvars(message_id="m1"):
        await asyncio.create_task(handler())
    (line,) = lines()
    assert line["message_id"] == "m1"
