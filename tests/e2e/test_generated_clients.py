"""Clients generated from the OpenAPI document, by generators that people use, call the running gateway."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from deploy.local.demo import account
from tests.e2e.parley import ADMIN, Parley

CLIENTS = Path(__file__).parents[1] / "clients"


async def run(*command: str | Path, cwd: Path, limit: float = 100) -> str:
    """A command's output; AssertionError with all it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(limit):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    text = out.decode()
    assert process.returncode == 0, text[-4000:]
    return text


async def kept_document(parley: Parley, folder: Path) -> Path:
    """The gateway's own description of itself, as a file."""
    answer = await parley.http.get(f"{parley.gateways[0]}/openapi.json")
    file = folder / "openapi.json"
    file.write_text(answer.text, encoding="utf-8")
    return file


def said(output: str) -> dict[str, Any]:
    """The JSON object on the last line."""
    return dict(json.loads(output.strip().splitlines()[-1]))


async def test_a_generated_python_client_calls_the_gateway(parley: Parley, tmp_path: Path) -> None:
    document = await kept_document(parley, tmp_path)
    config = tmp_path / "config.yml"
    config.write_text("post_hooks: []\n", encoding="utf-8")
    generator = Path(sys.executable).with_name("openapi-python-client")
    generated = await run(
        generator, "generate", "--path", document, "--config", config, "--meta", "none",
        "--output-path", tmp_path / "parley_client", "--fail-on-warning", cwd=tmp_path,
    )  # fmt: skip
    assert "WARNING" not in generated.upper()
    script = shutil.copy(CLIENTS / "call_python.py", tmp_path)
    output = await run(sys.executable, script, parley.gateways[0], ADMIN.email, ADMIN.password, cwd=tmp_path)
    found = said(output)
    assert found["profile"] == ADMIN.email
    assert found["page_size"] == 5
    assert found["unknown"] == "not_found"


async def test_a_generated_typescript_client_compiles_strictly_and_calls_the_gateway(
    parley: Parley, tmp_path: Path
) -> None:
    document = await kept_document(parley, tmp_path)
    for file in (CLIENTS / "typescript").iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=tmp_path)
    tools = tmp_path / "node_modules" / ".bin"
    await run(tools / "openapi-typescript", document, "-o", "schema.d.ts", cwd=tmp_path)
    await run(tools / "tsc", "-p", ".", cwd=tmp_path)
    agent = account.PEOPLE[0]
    output = await run("node", "call.js", parley.gateways[1], agent.email, agent.password, cwd=tmp_path)
    found = said(output)
    assert found["profile"] == agent.email
    assert found["page_size"] == 5
    assert found["unknown"] == "not_found"
