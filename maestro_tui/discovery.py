"""How a running server is found: the file it writes when it is ready and removes when it ends.

The file holds the owner's token, so it is mode 0600. A file left behind by a server that
was killed names a process that is gone, or a pid that has gone to another program since:
then the start times differ, and the file counts as absent.
"""

import json
import os
from pathlib import Path

from maestro_tui.paths import Home

__all__ = ["Discovery", "is_running", "process_start_time", "read", "remove", "write"]

LARGEST_FILE = 65_536
PS_SECONDS = 5.0
PROC = Path("/proc")


class Discovery:
    """What a server publishes about itself.

    url: base of every route, `http://127.0.0.1:4567`. token: the owner's.
    start_time: of the process, as `process_start_time` tells it. epoch: of the journal.
    """

    __slots__ = ("epoch", "pid", "start_time", "token", "url", "version")

    def __init__(self, *, url: str, token: str, pid: int, start_time: str, epoch: str, version: str) -> None:
        self.url = url
        self.token = token
        self.pid = pid
        self.start_time = start_time
        self.epoch = epoch
        self.version = version

    def __repr__(self) -> str:
        return f"Discovery(url={self.url!r}, pid={self.pid}, version={self.version!r})"  # never the token


def read(home: Home) -> Discovery | None:
    """The running server of this home; None when there is none, or its file is stale or unreadable."""
    try:
        with home.discovery.open("rb") as file:
            found = _parse(file.read(LARGEST_FILE))
    except OSError:
        return None
    return found if found is not None and is_running(found.pid, found.start_time) else None


def write(home: Home, discovery: Discovery) -> None:
    """Publish a ready server. Raises OSError."""
    document = {
        "url": discovery.url,
        "token": discovery.token,
        "pid": discovery.pid,
        "startTime": discovery.start_time,
        "epoch": discovery.epoch,
        "version": discovery.version,
    }
    content = json.dumps(document, indent=2).encode() + b"\n"
    from maestro_tui.files import write_whole  # the `maestro` command only reads, and pays for every import

    write_whole(home.discovery, content, mode=0o600, durable=False)


def remove(home: Home, token: str | None = None) -> None:
    """Take the file away; with a token, only the file of the server that has this token."""
    try:
        if token is not None and (found := _parse(home.discovery.read_bytes())) and found.token != token:
            return
        home.discovery.unlink()
    except FileNotFoundError:
        return


def is_running(pid: int, start_time: str) -> bool:
    """Whether the process that had this pid when it started at start_time still runs."""
    return process_start_time(pid) == start_time


def process_start_time(pid: int) -> str | None:
    """When a process started, in the system's own words; None when there is no such process.

    Linux: clock ticks since boot, field 22 of `/proc/<pid>/stat` (proc(5)). Elsewhere:
    what `ps -o lstart=` prints. Two processes of one pid never share it.
    """
    if pid <= 0:
        return None
    if (PROC / "self/stat").exists():
        return _from_proc(pid)
    return _from_ps(pid)


def _from_proc(pid: int) -> str | None:
    try:
        status = (PROC / f"{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field is the program's name in parentheses and may itself hold any of " ()".
    after_name = status.rpartition(b")")[2].split()
    state, start = after_name[0], after_name[19]
    return None if state in (b"Z", b"X") else start.decode()


def _from_ps(pid: int) -> str | None:
    import subprocess  # costly to import, and the `maestro` command reads this module on every call

    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        answer = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def _parse(content: bytes) -> Discovery | None:
    try:
        document = json.loads(content)
        return Discovery(
            url=str(document["url"]),
            token=str(document["token"]),
            pid=int(document["pid"]),
            start_time=str(document["startTime"]),
            epoch=str(document["epoch"]),
            version=str(document["version"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
