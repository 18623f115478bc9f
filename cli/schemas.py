"""python -m cli.schemas: the committed JSON Schemas of the contracts.

write    generates them
check    fails when the committed ones differ from the code
compat   fails when the code breaks an older set, and says why
"""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.committed import ROOT, differences, write
from libs.contracts.catalogue import schemas
from libs.contracts.compatibility import breaks

FOLDER = ROOT / "libs" / "contracts" / "schemas"

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


class NoBaseError(Exception):
    """There is no older set of schemas under that name."""


@app.command("write")
def write_schemas() -> None:
    """Generate libs/contracts/schemas from the code."""
    for path in write(FOLDER, schemas()):
        typer.echo(path.relative_to(ROOT))


@app.command()
def check() -> None:
    """Fail when the committed schemas differ from the code."""
    found = differences(FOLDER, schemas())
    for line in found:
        typer.echo(line, err=True)
    if found:
        typer.echo("run: python -m cli.schemas write", err=True)
        raise typer.Exit(1)


@app.command()
def compat(
    base: Annotated[
        str | None, typer.Option(help="A folder of schemas, or a git revision. Default: HEAD.")
    ] = None,
) -> None:
    """Fail when the code breaks an older set of schemas."""
    try:
        old, where = _base(base)
    except NoBaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    new = schemas()
    found = breaks(old, new)
    for item in found:
        typer.echo(f"BREAK {item}", err=True)
    if found:
        typer.echo(
            f"{len(found)} breaking changes against {where}: make a new version (a new type) instead",
            err=True,
        )
        raise typer.Exit(1)
    added = len(set(new) - set(old))
    typer.echo(f"compatible with {where}: {len(old)} schemas, {added} added")


def _base(base: str | None) -> tuple[dict[str, Any], str]:
    if base is not None and Path(base).is_dir():
        return _of_folder(Path(base)), base
    try:
        return _of_revision(base or "HEAD"), base or "HEAD"
    except NoBaseError:
        if base is not None:
            raise
    if not FOLDER.is_dir():
        raise NoBaseError("no git history and no committed schemas: run python -m cli.schemas write")
    return _of_folder(FOLDER), "the working tree's files (git has no older ones)"


def _of_folder(folder: Path) -> dict[str, Any]:
    found = {path.name.removesuffix(".json"): json.loads(path.read_text()) for path in folder.glob("*.json")}
    if not found:
        raise NoBaseError(f"{folder} holds no schemas")
    return found


def _of_revision(revision: str) -> dict[str, Any]:
    """The schemas of a git revision. Raises NoBaseError when there is no such revision or it has none."""
    inside = FOLDER.relative_to(ROOT).as_posix()
    names = _git("ls-tree", "-r", "--name-only", "--end-of-options", revision, "--", f"{inside}/")
    paths = [name for name in names.decode().split("\n") if name.endswith(".json")]
    if not paths:
        raise NoBaseError(f"{revision} holds no schemas")
    wanted = "".join(f"{revision}:{path}\n" for path in paths)
    left, found = _git("cat-file", "--batch", given=wanted), {}
    for path in paths:
        # Each is "<object> blob <bytes>", a line feed, its bytes, a line feed.
        head, _, left = left.partition(b"\n")
        size = int(head.split()[-1])
        found[Path(path).name.removesuffix(".json")] = json.loads(left[:size])
        left = left[size + 1 :]
    return found


def _git(*arguments: str, given: str = "") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the revision stands behind --end-of-options or a path
            ["git", *arguments],  # noqa: S607 - git is found where the developer has it
            cwd=ROOT,
            input=given.encode(),
            capture_output=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoBaseError(f"this failed: git {' '.join(arguments)}") from error
    return done.stdout


if __name__ == "__main__":
    app()
