"""What a RabbitMQ node reads: its configuration, its environment, and a short list of code folders."""

import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import MissingProgramError

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

# Two schedulers, none of which spins while idle: spinning cost the services of the same machine their turn.
# Few dirty I/O threads and smaller process and atom tables than the default of a machine of its own.
_ERLANG_ARGUMENTS = (
    "+P 262144 +t 1048576 +zdbbl 32000 +stbt u +S 2:2 +SDcpu 2:2 +SDio 4"
    " +sbwt none +sbwtdcpu none +sbwtdio none"
)


@dataclass(frozen=True)
class NodeSettings:
    """One node: where its data are, where it listens (127.0.0.1 alone), what it may use."""

    data_dir: Path
    port: int
    dist_port: int
    epmd_port: int
    #: Mebibytes of memory above which publishers are blocked.
    memory_limit_mib: int
    #: Names such as `rabbitmq_management`; what they need is enabled with them.
    plugins: tuple[str, ...] = ()
    #: Lines added to rabbitmq.conf.
    extra_config: str = ""


def server_program() -> Path:
    """The server's start script. MissingProgramError with what to install."""
    if not SERVER.exists():
        raise MissingProgramError(
            f"RabbitMQ is not installed ({SERVER} is missing). Install it with\n"
            "  sudo apt-get install --no-install-recommends rabbitmq-server\n"
            "or set RABBITMQ_URL to the address of a broker that runs already."
        )
    return SERVER


def node_name(data_dir: Path) -> str:
    """The node's name, made at the first start: RabbitMQ's data belong to a name, so it stays with them."""
    path = data_dir / "node"
    if not path.exists():
        path.write_text(f"parley_{secrets.token_hex(4)}@localhost\n")
    return path.read_text().strip()


def write_files(settings: NodeSettings) -> None:
    """Write the node's configuration, plugin list and code folders into its data folder."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "rabbitmq.conf").write_text(_configuration(settings))
    (settings.data_dir / "enabled_plugins").write_text(f"[{','.join(settings.plugins)}].\n")
    _link_code(server_program(), settings.data_dir / "code", settings.plugins)


def node_environment(settings: NodeSettings) -> dict[str, str]:
    """The complete environment of the node: nothing of the operator's own RabbitMQ settings gets in."""
    data, code = settings.data_dir, settings.data_dir / "code"
    return {
        **erlang_environment(settings),
        # The script then becomes the Erlang VM instead of waiting for it: our signals reach it.
        "RUNNING_UNDER_SYSTEMD": "true",
        "RABBITMQ_NODENAME": node_name(data),
        "RABBITMQ_DIST_PORT": str(settings.dist_port),
        "RABBITMQ_MNESIA_BASE": str(data / "mnesia"),
        "RABBITMQ_LOG_BASE": str(data / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_UPGRADE_LOG": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(data / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(data / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(data / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(data / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(data / "rabbitmq-env.conf"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(data / "generated"),
        "RABBITMQ_SCHEMA_DIR": str(data / "schema"),
        "RABBITMQ_SCRIPTS_DIR": str(code / "sbin"),
        "RABBITMQ_PLUGINS_DIR": str(code / "plugins"),
        "RABBITMQ_SERVER_ERL_ARGS": _ERLANG_ARGUMENTS,
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }


def erlang_environment(settings: NodeSettings) -> dict[str, str]:
    """What every Erlang program of this node shares: the home with its cookie, and its own port mapper."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(settings.data_dir),
        "ERL_EPMD_PORT": str(settings.epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }


def _configuration(settings: NodeSettings) -> str:
    return f"""\
listeners.tcp.1 = 127.0.0.1:{settings.port}
default_user = guest
default_pass = guest
loopback_users.guest = true
# A frozen peer is noticed after two of these, seconds.
heartbeat = 10
log.console.level = info
vm_memory_high_watermark.absolute = {settings.memory_limit_mib}MiB
disk_free_limit.absolute = 50MB
# The write-ahead log of quorum queues is held in memory until it is this long; the default is 512 MB.
raft.wal_max_size_bytes = 67108864
raft.segment_max_entries = 4096
{settings.extra_config}
"""


def _link_code(server: Path, code: Path, plugins: Iterable[str]) -> None:
    """Links to the applications that the server needs, in place of all that are installed.

    Erlang looks for each of some 500 modules in every code folder: with the package's 68 folders that made
    52,000 failed opens and half of the time of a start.
    """
    installed = server.resolve().parent.parent
    shutil.rmtree(code, ignore_errors=True)
    (code / "plugins").mkdir(parents=True)
    (code / "sbin").symlink_to(installed / "sbin")
    (code / "escript").symlink_to(installed / "escript")
    applications = {
        path.name.split("-")[0]: path for path in (installed / "plugins").iterdir() if path.is_dir()
    }
    wanted, seen = ["rabbit", *plugins], set[str]()
    while wanted:
        name = wanted.pop()
        if name in seen or name not in applications:
            continue
        seen.add(name)
        folder = applications[name]
        (code / "plugins" / folder.name).symlink_to(folder)
        wanted += _needed_by(folder / "ebin" / f"{name}.app")


def _needed_by(app_file: Path) -> list[str]:
    lists = re.findall(r"\{(?:included_)?applications,\s*\[([^]]*)\]", app_file.read_text())
    return [name for names in lists for name in re.findall(r"\w+", names)]
