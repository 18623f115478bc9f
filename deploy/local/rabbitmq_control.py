"""Administration of a local broker through Erlang's own distribution, at milliseconds a call.

`rabbitmqctl` starts an Erlang VM for each call (1 to 2 s); this keeps one small VM that reads an expression a
line, has the broker's node evaluate it, and writes the result as a line.
"""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Mapping

from deploy.local.child import leashed
from deploy.local.errors import BrokerControlError

_LINE_LIMIT = 1_048_576  # bytes of one result
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_ACTOR = '<<"parley">>'  # who the broker's audit events name

# `~0p` writes a term on one line. At the end of its input (the supervisor is gone) the VM halts.
_LOOP = """
Loop = fun Loop() ->
  case io:get_line("") of
    eof -> halt();
    Line ->
      Result =
        try
          {ok, Tokens, _} = erl_scan:string(Line),
          {ok, Expressions} = erl_parse:parse_exprs(Tokens),
          rpc:call('%NODE%', erl_eval, exprs, [Expressions, []], %LIMIT%)
        catch _:Reason -> {unreadable, Reason} end,
      case Result of
        {value, Value, _} -> io:format("ok ~0p~n", [Value]);
        Other -> io:format("error ~0p~n", [Other])
      end,
      Loop()
  end
end, Loop().
"""


class BrokerControl:
    """Evaluates Erlang expressions on one node. Started at the first use; survives the node's restarts."""

    def __init__(self, node: str, env: Mapping[str, str], time_limit: float = 20.0) -> None:
        self._node = node
        self._env = env
        self._time_limit = time_limit
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def evaluate(self, expression: str) -> str:
        """Evaluate an Erlang expression (no final dot, one line) on the node; its value as Erlang text.

        BrokerControlError when it fails or does not return within the time limit.
        """
        if "\n" in expression:
            raise ValueError("an expression is one line")
        async with self._lock:
            try:
                async with asyncio.timeout(self._time_limit + 5.0):
                    line = await self._answer(f"{expression}.\n")
            except BaseException as error:
                await self.close()  # a late answer must not be taken for that of the next expression
                if isinstance(error, TimeoutError | ConnectionError):
                    raise BrokerControlError(f"no answer from {self._node} to: {expression}") from error
                raise
        outcome, _, value = line.strip().partition(" ")
        if outcome != "ok":
            raise BrokerControlError(f"{self._node} did not evaluate {expression}: {value}")
        return value

    async def create_vhost(self, name: str) -> None:
        """A new virtual host in which `guest` may do everything."""
        vhost = f'<<"{_checked(name)}">>'
        everything = ", ".join(['<<".*">>'] * 3)
        await self.evaluate(
            f"ok = rabbit_vhost:add({vhost}, {_ACTOR}),"
            f' rabbit_auth_backend_internal:set_permissions(<<"guest">>, {vhost}, {everything}, {_ACTOR})'
        )

    async def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with all its queues; connections to it are closed by the broker."""
        await self.evaluate(f'rabbit_vhost:delete(<<"{_checked(name)}">>, {_ACTOR})')

    async def close(self) -> None:
        """End the helper VM; the next call starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()

    async def _answer(self, line: str) -> str:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        if process.stdin is None or process.stdout is None:
            raise BrokerControlError("the control VM has no pipes")
        process.stdin.write(line.encode())
        await process.stdin.drain()
        answer = await process.stdout.readline()
        if not answer:
            raise ConnectionError("the control VM ended")
        return answer.decode()

    async def _start(self) -> asyncio.subprocess.Process:
        name = f"control_{secrets.token_hex(4)}@localhost"
        flags = "-noshell -hidden +S 1 +SDcpu 1 +SDio 1 +sbwt none +sbwtdcpu none +sbwtdio none"
        # The node's port mapper is there as long as the node; one that Erlang started would outlive us.
        network = ("-start_epmd", "false", "-kernel", "inet_dist_use_interface", "{127,0,0,1}")
        loop = _LOOP.replace("%NODE%", self._node).replace("%LIMIT%", str(int(self._time_limit * 1000)))
        return await asyncio.create_subprocess_exec(
            *leashed(["erl", "-sname", name, *flags.split(), *network, "-eval", " ".join(loop.split())]),
            env=dict(self._env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            start_new_session=True,
        )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a virtual host's name: {name!r}")
    return name
