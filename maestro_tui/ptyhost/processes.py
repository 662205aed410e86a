"""Which process is which: a pid alone lies after reuse or reboot, so identity is boot id, pid and start time."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

__all__ = [
    "Identity",
    "become_subreaper",
    "boot_id",
    "cpu_ticks",
    "descendants",
    "holders",
    "identify",
    "send",
    "send_group",
    "send_tree",
    "start_time",
]

_PR_SET_CHILD_SUBREAPER = 36
_ON_LINUX = sys.platform == "linux"


class Identity(NamedTuple):
    """One process for ever. start: clock ticks since boot on Linux, the start's date on macOS."""

    boot: str
    pid: int
    start: str

    @classmethod
    def from_json(cls, content: dict[str, Any], boot: str) -> "Identity":
        return cls(boot, int(content["pid"]), str(content["start"]))

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return self.boot == boot_id() and start_time(self.pid) == self.start


def identify(pid: int) -> Identity:
    """The identity of a process that runs now. Raises ProcessLookupError."""
    start = start_time(pid)
    if start is None:
        raise ProcessLookupError(f"no process {pid}")
    return Identity(boot_id(), pid, start)


def boot_id() -> str:
    """A word that changes with every boot of this machine."""
    if _ON_LINUX:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    return _output_of("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")


def start_time(pid: int) -> str | None:
    """When a process started, or None when there is none or only its zombie (proc(5), stat fields 3 and 22)."""
    if not _ON_LINUX:
        state, _, start = _output_of("/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)).partition(" ")
        return None if not state or state.startswith("Z") else start.strip()
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def descendants(pid: int) -> list[int]:
    """Every living process below pid, parents before children; zombies are left out.

    Raises OSError when it cannot be told now, for want of a free descriptor.
    """
    found: list[int] = []
    waiting = [pid]
    children_of = _children_on_linux if _ON_LINUX else _children_from_ps()
    while waiting:
        children = list(children_of(waiting.pop()))
        found += children
        waiting += children
    return [child for child in found if start_time(child) is not None]


def cpu_ticks(pid: int) -> int | None:
    """Processor time that a process and its descendants have used, in clock ticks (proc(5), stat 14 to 17).

    None where that is not to be had: without such a process, and elsewhere than on Linux.
    """
    own = _stat(pid) if _ON_LINUX else None
    if own is None:
        return None
    return sum(sum(map(int, fields[11:15])) for fields in (own, *map(_stat, descendants(pid))) if fields)


def holders(path: str) -> list[int]:
    """The processes of this user that have a file open, this one left out; none where /proc does not tell."""
    wanted = os.stat(path)
    numbers = [int(name) for name in os.listdir("/proc") if name.isdecimal()] if _ON_LINUX else []
    return [pid for pid in numbers if pid != os.getpid() and _has_open(pid, wanted)]


def _has_open(pid: int, wanted: os.stat_result) -> bool:
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:  # gone meanwhile, or another user's
        return False
    for name in names:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(f"/proc/{pid}/fd/{name}"), wanted):
                return True
    return False


def become_subreaper() -> None:
    """Adopt orphaned descendants, so that a double fork does not hide a process (prctl(2)); Linux only."""
    if _ON_LINUX:
        import ctypes  # nothing else reaches prctl

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def send_group(number: int, group: int) -> None:
    """Signal a process group, then CONT, since a stopped process acts on nothing but KILL."""
    _deliver(os.killpg, group, number)


def send(number: int, pid: int) -> None:
    """Signal one process, then CONT."""
    _deliver(os.kill, pid, number)


def send_tree(number: int, group: int, below: int) -> None:
    """Signal a process group and every descendant of `below` that left it, as far as they can be told now."""
    outside: list[int] = []
    with contextlib.suppress(OSError):
        outside = [pid for pid in descendants(below) if _group_of(pid) != group]
    _deliver(os.killpg, group, number)
    for pid in outside:
        _deliver(os.kill, pid, number)


def _deliver(send: Callable[[int, int], None], target: int, number: int) -> None:
    try:
        send(target, number)
        send(target, signal.SIGCONT)
    except (ProcessLookupError, PermissionError):
        return  # gone meanwhile, or a set-user-id program that is not ours to signal


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _children_on_linux(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                yield from map(int, file.read().split())
        except (FileNotFoundError, ProcessLookupError):
            continue


def _children_from_ps() -> Any:
    table: dict[int, list[int]] = {}
    for line in _output_of("/bin/ps", "-axo", "pid=,ppid=").splitlines():
        pid, parent = map(int, line.split())
        table.setdefault(parent, []).append(pid)
    return lambda pid: table.get(pid, [])


def _output_of(*command: str) -> str:
    import subprocess  # not on Linux, where the host starts without it

    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
