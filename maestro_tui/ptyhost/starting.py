"""Starting a host from another process, without forking that process."""

import importlib.util
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.spec import HostSpec

__all__ = ["HostNotStarted", "StartedHost", "start_host"]

LONGEST_ANSWER = 1 << 16

# Isolated and without `site`, so that it starts in half the time and the person's environment
# cannot change what it runs. The words after the code are where its modules lie.
_CODE = "import sys; sys.path += sys.argv[2:]; from maestro_tui.ptyhost.__main__ import main; sys.exit(main())"


class HostNotStarted(Exception):
    """No host runs the session now. code: one of the host's error codes, `timeout` or `host_failed`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StartedHost(NamedTuple):
    """A host that is ready. process: to be polled now and then, so that it leaves no zombie."""

    process: subprocess.Popen[bytes]
    run: RunRecord


def start_host(
    spec: HostSpec,
    *,
    timeout: float = 10.0,
    within: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> StartedHost:
    """Start a host for a session and wait until its program runs. Blocks; raises HostNotStarted.

    The directories of the records and of the socket must exist. timeout: seconds; a host that
    is not ready by then is killed. within: words before its command, of a program that is
    replaced by it (see `scope`). environ: the host's own, by default this process's.
    """
    process = subprocess.Popen(
        [*within, *_command(spec.session_id)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    try:
        return StartedHost(process, _converse(process, spec, time.monotonic() + timeout))
    except HostNotStarted:
        process.kill()
        process.wait()
        raise
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _converse(process: "subprocess.Popen[bytes]", spec: HostSpec, deadline: float) -> RunRecord:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(spec.to_json())
        process.stdin.close()
    except BrokenPipeError:
        raise HostNotStarted("host_failed", "the PTY host ended before it was told what to run") from None
    answer = _read_line(process.stdout.fileno(), deadline)
    try:
        content = json.loads(answer)
    except ValueError:
        raise HostNotStarted("host_failed", "the PTY host ended without an answer") from None
    if "ready" not in content:
        raise HostNotStarted(content["error"], content["message"])
    return RunRecord.from_json(content["run"])


def _read_line(descriptor: int, deadline: float) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < LONGEST_ANSWER:
        readable, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0.0))
        if not readable:
            raise HostNotStarted("timeout", "the PTY host was not ready in time")
        data = os.read(descriptor, 4096)
        if not data:
            break
        line += data
    return bytes(line)


def _command(session_id: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _CODE, session_id, *_module_places()]


def _module_places() -> list[str]:
    library = importlib.util.find_spec("ptyprocess")
    assert library is not None
    assert library.origin is not None
    return [str(Path(__file__).parents[2]), str(Path(library.origin).parents[1])]
