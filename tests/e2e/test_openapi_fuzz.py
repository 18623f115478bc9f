"""The gateway against its own OpenAPI document, for every role: no 500, and nothing but what it describes.

The roles are people of an account made for this, so that what is created and deleted here is nobody else's.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from libs.contracts import topology
from libs.contracts.base import SYSTEM, Command
from libs.contracts.conversation import Person, RegisterAccount, RegisterChatbot, RegisterPerson
from libs.contracts.gateway import SetCredentials
from libs.runtime.ids import new_id
from libs.runtime.rpc import RpcClient
from tests.e2e.parley import Parley

ACCOUNT = "acc-fuzz"
PASSWORD = "fuzz-likes-tea"
ROLES = ("agent", "admin", "user")
#: The calls that would end the very session that the others are made with.
ENDS_THE_SESSION = ("logOut",)
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
async def fuzz_account(parley: Parley) -> AsyncIterator[None]:
    """One person a role, in an account of their own."""
    rpc = RpcClient(parley.stack.rabbitmq_url, "fuzz")
    partition = topology.account_command_partition(ACCOUNT)
    digest = await asyncio.to_thread(PasswordHasher().hash, PASSWORD)

    async def send(command: Command, exchange: str, key: str) -> None:
        await rpc.command(command, exchange=exchange, routing_key=key, account_id=ACCOUNT, id=new_id())

    directory: list[Command] = [
        RegisterAccount(actor=SYSTEM, account_id=ACCOUNT, name="Fuzz", departments=("IT",)),
        RegisterChatbot(actor=SYSTEM, chatbot_id="bot-fuzz", name="Fuzz helper", mode="suggest"),
    ]
    for role in ROLES:
        person = Person(
            id=f"fuzz-{role}",
            account_id=ACCOUNT,
            email=f"{role}@fuzz.test",
            name=f"Fuzz {role}",
            role=role,
            departments=("IT",) if role == "agent" else (),
        )
        directory.append(RegisterPerson(actor=SYSTEM, person=person))
    try:
        for command in directory:
            await send(command, topology.CONVERSATION_COMMANDS, f"{partition}.{command.type}")
        for role in ROLES:
            credentials = SetCredentials(
                actor=SYSTEM, person_id=f"fuzz-{role}", email=f"{role}@fuzz.test", password_hash=digest
            )
            await send(credentials, topology.GATEWAY_COMMANDS, credentials.type)
        yield
    finally:
        await rpc.close()


async def token_of(parley: Parley, role: str) -> str:
    body = {"email": f"{role}@fuzz.test", "password": PASSWORD}
    answer = await parley.http.post(f"{parley.gateways[0]}/auth/login", json=body)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def fuzz(
    parley: Parley,
    token: str | None,
    folder: Path,
    *,
    seconds: int,
    examples: int,
    seed: int | None = None,
) -> None:
    """Run schemathesis; AssertionError with its report when it finds anything. The same `seed` draws the same
    requests, as far as the time reaches.
    """
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{parley.gateways[0]}/openapi.json", "--checks", CHECKS),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(examples)),
        *("--max-time", str(seconds), "--request-timeout", "20", "--warnings", "off"),
        *("--suppress-health-check", "all", "--continue-on-failure"),
    ]
    if seed is not None:
        command += ["--seed", str(seed)]
    for operation in ENDS_THE_SESSION:
        command += ["--exclude-operation-id", operation]
    if token is not None:
        command += ["--header", f"Authorization: Bearer {token}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(seconds + 60):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, out.decode()[-8000:]


@pytest.mark.usefixtures("fuzz_account")
@pytest.mark.parametrize("role", ["nobody", *ROLES])
async def test_no_request_gets_an_answer_that_the_document_does_not_describe(
    parley: Parley, role: str, tmp_path: Path
) -> None:
    token = None if role == "nobody" else await token_of(parley, role)
    # The suite is to say the same twice in a row; the long form draws anew each time.
    await fuzz(parley, token, tmp_path, seconds=10, examples=5, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.usefixtures("fuzz_account")
@pytest.mark.parametrize("role", ["nobody", *ROLES])
async def test_the_long_form_finds_nothing_either(parley: Parley, role: str, tmp_path: Path) -> None:
    token = None if role == "nobody" else await token_of(parley, role)
    await fuzz(parley, token, tmp_path, seconds=150, examples=200)
