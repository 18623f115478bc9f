"""The committed schemas are those of the code, and the command that guards them works in every checkout."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import committed, schemas
from libs.contracts import catalogue

runner = CliRunner()

Schemas = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def of_the_code() -> Schemas:
    """Made once: it takes most of a second, and the command would make them for each of these tests."""
    return catalogue.schemas()


def test_committed_schemas_are_those_of_the_code(of_the_code: Schemas):
    assert committed.differences(schemas.FOLDER, of_the_code) == []


def test_every_schema_is_rendered_the_same_way_each_time(of_the_code: Schemas):
    again = catalogue.schemas()
    assert again.keys() == of_the_code.keys()
    for name, schema in of_the_code.items():
        assert json.loads(committed.rendered(schema)) == schema
        assert committed.rendered(schema) == committed.rendered(again[name])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_the_code: Schemas) -> Path:
    """A checkout of its own, with the schemas written but no git history."""
    monkeypatch.setattr(schemas, "schemas", lambda: of_the_code)
    monkeypatch.setattr(committed, "ROOT", tmp_path)
    monkeypatch.setattr(schemas, "ROOT", tmp_path)
    monkeypatch.setattr(schemas, "FOLDER", tmp_path / "libs" / "contracts" / "schemas")
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)  # noqa: S603, S607 - the test's own folder


def _run(*arguments: str) -> tuple[int, str]:
    result = runner.invoke(schemas.app, arguments)
    return result.exit_code, result.output


def test_write_generates_what_check_accepts(checkout: Path):
    assert _run("check")[0] == 1
    assert _run("write")[0] == 0
    assert _run("check") == (0, "")
    assert _run("write") == (0, "")


def test_check_names_what_differs(checkout: Path):
    _run("write")
    (schemas.FOLDER / "frame.json").write_text("{}")
    (schemas.FOLDER / "reply.json").unlink()
    (schemas.FOLDER / "stray.json").write_text("{}")
    code, output = _run("check")
    assert code == 1
    assert "frame.json differs from the code" in output
    assert "reply.json is missing" in output
    assert "stray.json belongs to nothing" in output
    _run("write")
    assert not (schemas.FOLDER / "stray.json").exists()


def test_without_history_the_working_tree_is_the_base_and_that_is_said(checkout: Path):
    assert _run("compat")[0] == 2
    _run("write")
    code, output = _run("compat")
    assert code == 0
    assert "the working tree's files" in output


def _older(checkout: Path, **changes: object) -> None:
    """Pretend that an older revision had a field more in the frame."""
    path = schemas.FOLDER / "frame.json"
    frame = json.loads(path.read_text())
    frame["properties"] |= changes
    path.write_text(committed.rendered(frame))


def test_the_base_is_head_and_a_break_is_explained(checkout: Path, of_the_code: Schemas):
    _run("write")
    _older(checkout, colour={"type": "string"})
    _git(checkout, "init", "-q")
    _git(checkout, "add", ".")
    _git(checkout, "commit", "-qm", "older")
    _run("write")
    code, output = _run("compat")
    assert code == 1
    assert "BREAK frame at colour: is gone: old consumers read it [removed-field]" in output
    _git(checkout, "commit", "-qam", "newer")
    assert _run("compat") == (0, f"compatible with HEAD: {len(of_the_code)} schemas, 0 added\n")
    assert _run("compat", "--base", "HEAD~1")[0] == 1


def test_the_base_may_be_a_folder(checkout: Path, tmp_path: Path):
    _run("write")
    assert _run("compat", "--base", str(schemas.FOLDER))[0] == 0
    _older(checkout, colour={"type": "string"})
    assert _run("compat", "--base", str(schemas.FOLDER))[0] == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    assert _run("compat", "--base", str(empty))[0] == 2


def test_an_unknown_revision_is_an_error_of_its_own(checkout: Path):
    _run("write")
    code, output = _run("compat", "--base", "never-committed")
    assert code == 2
    assert "never-committed" in output
