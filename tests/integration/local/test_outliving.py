import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.integration.local.looking import processes_of, until
from tests.patience import PATIENCE

_SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from deploy.local.mongodb import MongoDB
from deploy.local.rabbitmq import RabbitMQ

async def main(folder):
    async with RabbitMQ(folder / "rabbitmq") as broker, MongoDB(folder / "mongodb"):
        await broker.evaluate("ok")
        print("running", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path):
    supervisor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SUPERVISOR, str(tmp_path)),
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=asyncio.subprocess.PIPE,
    )
    assert supervisor.stdout is not None
    try:
        async with asyncio.timeout(60 * PATIENCE):
            assert await supervisor.stdout.readline() == b"running\n"
        programs = {process.split()[1] for process in processes_of(tmp_path)}
        assert {"beam.smp", "epmd", "erl_child_setup", "mongod"} <= programs
    finally:
        supervisor.send_signal(signal.SIGKILL)
        await supervisor.communicate()
    await until(lambda: not processes_of(tmp_path))
