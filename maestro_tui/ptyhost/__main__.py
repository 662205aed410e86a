"""Starts a host: reads what to run, starts it exactly once, says so, and stays behind alone.

Standard input: a HostSpec. Standard output: one JSON line, `{"ready": true, …}` or
`{"error": code, "message": …}`. Exit codes: 0 the session ran to its end, 1 it could not be
started, 75 somebody else is starting it, 76 it has ended already, 77 it was started already.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from maestro_tui.ptyhost import frames, processes, records, registry
from maestro_tui.ptyhost.host import Host
from maestro_tui.ptyhost.pty import Pty, StartFailed
from maestro_tui.ptyhost.spec import HostSpec

__all__ = ["main"]

FAILED = 1


def main() -> int:
    """Run one session; the exit code."""
    umask = os.umask(0o077)
    os.closerange(3, 1 << 16)
    os.chdir("/")
    processes.become_subreaper()  # before the program starts: it may double-fork at once
    wake = _prepare_signals()
    try:
        spec = HostSpec.from_json(_read_all(0))  # until then it may wait for long: a warm host
        host = _start(spec, umask, wake)
    except registry.NotStartable as error:
        _say({"error": error.code, "message": str(error)})
        return error.exit_code
    except StartFailed as error:
        _say({"error": error.code, "message": error.message})
        return FAILED
    except (OSError, ValueError) as error:
        _say({"error": "host_failed", "message": str(error)})
        return FAILED
    _leave_the_terminal()
    try:
        host.run()
    except BaseException:
        import traceback  # milliseconds, paid only here

        Path(spec.directory, "host.log").write_text(traceback.format_exc())
        raise
    return 0


def _start(spec: HostSpec, umask: int, wake: int) -> Host:
    directory = Path(spec.directory)
    lock = registry.claim_start(directory)
    listener = _listen(spec.socket)
    started_at = time.time_ns() // 1_000_000
    try:
        pty = Pty.start(
            spec.argv, cwd=spec.cwd, env=spec.env, columns=spec.columns, rows=spec.rows, umask=umask, keep=(lock,)
        )
    except StartFailed:
        os.unlink(spec.socket)
        raise
    record = _record(spec, pty, started_at)
    records.write_run(directory, record)
    host = Host(spec, pty, listener=listener, wake=wake, record=record)
    _say({"ready": True, "run": record.to_json()})
    return host


def _record(spec: HostSpec, pty: Pty, started_at: int) -> records.RunRecord:
    host = processes.identify(os.getpid())
    start = processes.start_time(pty.pid) or "0"  # a program that ended already is a zombie, and alive to nobody
    return records.RunRecord(
        session_id=spec.session_id,
        host=host,
        agent=processes.Identity(host.boot, pty.pid, start),
        argv0=spec.argv[0],
        started_at=started_at,
        socket=spec.socket,
        protocol=frames.PROTOCOL,
        about=spec.about,
    )


def _listen(path: str) -> socket.socket:
    # Listening first and named afterwards, so that nobody ever finds it dead and clears it away.
    unready = path.removesuffix(".sock") + ".bind"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(unready)  # of a host that was killed: the session's lock is ours
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(unready)
    listener.listen(16)
    listener.setblocking(False)
    os.rename(unready, path)
    return listener


def _prepare_signals() -> int:
    """Ignore what a closing terminal sends; the numbers of the rest arrive at the returned descriptor."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return reading


def _read_all(descriptor: int) -> bytes:
    content = bytearray()
    while data := os.read(descriptor, 1 << 16):
        content += data
    return bytes(content)


def _say(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone; the session is not
        os.write(1, json.dumps(answer).encode() + b"\n")


def _leave_the_terminal() -> None:
    if os.getsid(0) != os.getpid():
        with contextlib.suppress(PermissionError):  # already leads a process group
            os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


if __name__ == "__main__":
    sys.exit(main())
