"""The two records of a session's process, durable and private to their owner (0600)."""

import contextlib
import json
import signal
from pathlib import Path
from typing import Any, NamedTuple

from maestro_tui.files import write_whole
from maestro_tui.ptyhost.processes import Identity

__all__ = [
    "EXIT",
    "RUN",
    "ExitRecord",
    "RunRecord",
    "describe_exit",
    "read_exit",
    "read_run",
    "write_exit",
    "write_run",
]

RUN, EXIT = "run.json", "exit.json"


class RunRecord(NamedTuple):
    """Who runs a session. started_at: Unix ms; socket: where the host listens; argv0: the program.

    about: what its server knew of the session when it started (`name`, `projectId`, `taskIds`, `role`, `agent`,
    `cwd`, `parentSessionId`, `rootSessionId`), so that it can be made known again; empty for older hosts.
    """

    session_id: str
    host: Identity
    agent: Identity
    argv0: str
    started_at: int
    socket: str
    protocol: int
    about: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        return {
            "sessionId": self.session_id,
            "boot": self.host.boot,
            "host": {"pid": self.host.pid, "start": self.host.start},
            "agent": {"pid": self.agent.pid, "start": self.agent.start, "pgid": self.agent.pid},
            "argv0": self.argv0,
            "at": self.started_at,
            "socket": self.socket,
            "protocol": self.protocol,
            "about": self.about,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "RunRecord":
        boot = str(content["boot"])
        return cls(
            str(content["sessionId"]),
            Identity.from_json(content["host"], boot),
            Identity.from_json(content["agent"], boot),
            str(content["argv0"]),
            int(content["at"]),
            str(content["socket"]),
            int(content["protocol"]),
            dict(content.get("about") or {}),
        )


class ExitRecord(NamedTuple):
    """How a session ended: exit_code, or the number of the signal that killed it.

    stopped_by: who asked for the end (`user`, `system`), None when it ended by itself.
    end_offset: bytes of output in all. ended_at: Unix ms.
    """

    session_id: str
    exit_code: int | None
    signal: int | None
    stopped_by: str | None
    end_offset: int
    started_at: int
    ended_at: int

    def to_json(self) -> dict[str, Any]:
        return {
            "sessionId": self.session_id,
            "exitCode": self.exit_code,
            "signal": self.signal,
            "stoppedBy": self.stopped_by,
            "endOffset": self.end_offset,
            "startedAt": self.started_at,
            "at": self.ended_at,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "ExitRecord":
        return cls(
            str(content["sessionId"]),
            content["exitCode"],
            content["signal"],
            content["stoppedBy"],
            int(content["endOffset"]),
            int(content["startedAt"]),
            int(content["at"]),
        )


def write_run(directory: Path, record: RunRecord) -> None:
    """Make the run record durable, 0600. Raises OSError."""
    write_whole(directory / RUN, _encode(record.to_json()), mode=0o600)


def write_exit(directory: Path, record: ExitRecord) -> None:
    """Make the exit record durable, 0600. Raises OSError."""
    write_whole(directory / EXIT, _encode(record.to_json()), mode=0o600)


def read_run(directory: Path) -> RunRecord | None:
    """The run record, or None when there is none that can be read."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return RunRecord.from_json(json.loads((directory / RUN).read_bytes()))
    return None


def read_exit(directory: Path) -> ExitRecord | None:
    """The exit record, or None when there is none that can be read."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return ExitRecord.from_json(json.loads((directory / EXIT).read_bytes()))
    return None


def describe_exit(record: ExitRecord | None) -> str:
    """How a program ended, as people say it."""
    if record is None:
        return "lost: its PTY host died"
    if record.stopped_by is not None:
        return "stopped" if record.stopped_by == "user" else "stopped with the machine"
    if record.signal is not None:
        known = record.signal in tuple(signal.Signals)
        return f"killed by {signal.Signals(record.signal).name if known else f'signal {record.signal}'}"
    return f"exit status {record.exit_code}"


def _encode(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=2).encode() + b"\n"
