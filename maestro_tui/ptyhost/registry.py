"""What a session's directory says about its process: locks and records that outlive everyone.

`host.lock` is held (flock) by the host and, through inheritance, by the agent and whatever it
started; `run.json` says who runs it, `exit.json` how it ended. With the identities in them they
answer, after any crash, whether a session lives, ended, was lost, or never started. Exactly one
host ever starts a session: the lock, then the exit record, then the run record forbid a second.
"""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from maestro_tui.ptyhost.processes import boot_id, holders
from maestro_tui.ptyhost.records import EXIT, RUN, RunRecord, read_exit, read_run

__all__ = [
    "AlreadyEnded",
    "AlreadyRunning",
    "Fate",
    "LockBusy",
    "NotStartable",
    "abandoned",
    "claim_start",
    "fate",
    "live_hosts",
    "orphans",
    "remove_stale_sockets",
    "socket_path",
]

LOCK = "host.lock"
LONGEST_SOCKET_NAME = 40


class NotStartable(Exception):
    """This session must not be started again. code and exit_code say why."""

    code = "not_startable"
    exit_code = 70


class LockBusy(NotStartable):
    """Somebody holds the session's lock: a host that is starting, or an agent whose host was killed early."""

    code = "lock_busy"
    exit_code = 75


class AlreadyEnded(NotStartable):
    code = "already_ended"
    exit_code = 76


class AlreadyRunning(NotStartable):
    code = "already_running"
    exit_code = 77


class Fate(StrEnum):
    """What became of a session's process, as the records and the process table say.

    ABSENT: it never started. STARTING: somebody holds the lock, no record yet. RUNNING: host and
    agent live. ORPHANED: the host died, the agent lives on. ENDED: there is an exit record.
    LOST: both are gone without one. REBOOTED: so, because the machine was started anew.
    """

    ABSENT = "absent"
    STARTING = "starting"
    RUNNING = "running"
    ORPHANED = "orphaned"
    ENDED = "ended"
    LOST = "lost"
    REBOOTED = "rebooted"


def claim_start(directory: Path) -> int:
    """Take the right to start this session. Raises NotStartable.

    Returns the lock's descriptor, which the agent inherits.
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(descriptor, directory)
        if (directory / EXIT).exists():
            raise AlreadyEnded(f"{directory / EXIT} says the session ended")
        if (directory / RUN).exists():
            raise AlreadyRunning(f"{directory / RUN} says the session was started")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _take(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if (directory / EXIT).exists():
            raise AlreadyEnded(f"{directory / EXIT} says the session ended") from None
        if (directory / RUN).exists():
            raise AlreadyRunning(f"{directory / RUN} says the session was started") from None
        raise LockBusy(f"{directory / LOCK} is held by another process") from None


def fate(directory: Path) -> Fate:
    """What became of the session whose directory this is."""
    run = read_run(directory)
    if run is not None and run.host.is_alive and read_exit(directory) is None:
        return Fate.RUNNING
    if read_exit(directory) is not None:  # read after the host was seen dead: it writes before it leaves
        return Fate.ENDED
    if run is None:
        return Fate.STARTING if _is_locked(directory) else Fate.ABSENT
    if run.agent.is_alive:
        return Fate.ORPHANED
    return Fate.LOST if run.host.boot == boot_id() else Fate.REBOOTED


def live_hosts(sessions: Path) -> Iterator[RunRecord]:
    """The run record of every session below this directory whose host lives."""
    for entry in sorted(sessions.iterdir()) if sessions.is_dir() else ():
        if not (entry / EXIT).exists() and (run := read_run(entry)) is not None and run.host.is_alive:
            yield run


def abandoned(sessions: Path) -> Iterator[RunRecord]:
    """The run record of every session below this directory whose host died and left something running."""
    for entry in sorted(sessions.iterdir()) if sessions.is_dir() else ():
        if (entry / EXIT).exists() or (run := read_run(entry)) is None or run.host.is_alive:
            continue
        if run.agent.is_alive or (run.host.boot == boot_id() and _is_locked(entry)):
            yield run


def orphans(directory: Path) -> list[int]:
    """What a session whose host died has left running: all that inherited its lock.

    Where the system does not tell who holds a file, the agent alone.
    """
    run = read_run(directory)
    if run is None or fate(directory) not in (Fate.ORPHANED, Fate.LOST):
        return []
    found: set[int] = set()
    with contextlib.suppress(FileNotFoundError):
        found = set(holders(str(directory / LOCK)))
    return sorted(found | {run.agent.pid} if run.agent.is_alive else found)


def socket_path(runtime: Path, session_id: str) -> Path:
    """Where the host of a session listens.

    A long id is replaced by its digest, because a socket's path holds 107 bytes at most.
    """
    if len(session_id) > LONGEST_SOCKET_NAME:
        import hashlib  # costs the host milliseconds it need not pay

        session_id = hashlib.sha256(session_id.encode()).hexdigest()[:32]
    return runtime / f"{session_id}.sock"


def remove_stale_sockets(runtime: Path) -> list[Path]:
    """Remove sockets nobody listens on any more, left by hosts that were killed; what was removed."""
    removed = []
    for path in runtime.glob("*.sock") if runtime.is_dir() else ():
        if not _answers(path):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # busy is not dead
    return True


def _is_locked(directory: Path) -> bool:
    try:
        descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
