"""Generated files that are committed: written, and compared with what the code would write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def rendered(document: Mapping[str, Any]) -> str:
    """One form for one content, so that a difference in git is a difference in meaning."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path, documents: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Write `<name>.json` files and remove those nobody generates any more; the paths that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, document in documents.items():
        path, text = folder / f"{name}.json", rendered(document)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    for path in sorted(folder.glob("*.json")):
        if path.name.removesuffix(".json") not in documents:
            path.unlink()
            changed.append(path)
    return changed


def differences(folder: Path, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What `write` would change, a line a file."""
    found = []
    for name, document in documents.items():
        path = folder / f"{name}.json"
        if not path.exists():
            found.append(f"{path.name} is missing")
        elif path.read_text() != rendered(document):
            found.append(f"{path.name} differs from the code")
    wanted = {f"{name}.json" for name in documents}
    found += [
        f"{path.name} belongs to nothing" for path in sorted(folder.glob("*.json")) if path.name not in wanted
    ]
    return found
