"""The outbox on disk: one JSON object per line, mode 0600, one file per cockpit.

Each cockpit of a home locks a file of its own (`outbox.jsonl`, `outbox-2.jsonl`, …), so that
none overwrites another's. What a cockpit that is gone left behind is taken over by the next.
"""

import fcntl
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from maestro_tui import files
from maestro_tui.client.outbox import Command

__all__ = ["OutboxFile"]

LOG = logging.getLogger(__name__)
MOST_COCKPITS = 16


class OutboxFile:
    """This cockpit's outbox file in directory, locked until `close`."""

    def __init__(self, directory: Path) -> None:
        files.ensure_private_directory(directory)
        self._lock, self._path = _first_free(directory)

    def close(self) -> None:
        """Let others take the file over."""
        os.close(self._lock)

    def load(self) -> list[Command]:
        """What waits: our own commands, and those of cockpits that are gone, which become ours."""
        commands = _read(self._path)
        inherited = list(self._inheritance())
        commands += [command for _, left in inherited for command in left]
        if inherited:
            self.save(commands)
            for path, _ in inherited:
                path.unlink(missing_ok=True)
        return commands

    def save(self, commands: Iterable[Command]) -> None:
        """Replace what is on disk, durably. Raises OSError."""
        content = b"".join(orjson.dumps(command) + b"\n" for command in commands)
        files.write_whole(self._path, content, mode=0o600)

    def _inheritance(self) -> Iterator[tuple[Path, list[Command]]]:
        for path in _slots(self._path.parent):
            if path == self._path or not path.exists():
                continue
            lock = _try_lock(path)
            if lock is not None:
                yield path, _read(path)
                os.close(lock)


def _slots(directory: Path) -> list[Path]:
    names = ["outbox.jsonl", *(f"outbox-{number}.jsonl" for number in range(2, MOST_COCKPITS + 1))]
    return [directory / name for name in names]


def _first_free(directory: Path) -> tuple[int, Path]:
    for path in _slots(directory):
        lock = _try_lock(path)
        if lock is not None:
            return lock, path
    raise BlockingIOError(f"{MOST_COCKPITS} cockpits use {directory} already")


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _read(path: Path) -> list[Command]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    commands = [_command(line) for line in lines if line.strip()]
    broken = sum(command is None for command in commands)
    if broken:
        kept = path.with_suffix(".broken")
        files.write_whole(kept, path.read_bytes(), mode=0o600)
        LOG.error("%d waiting commands in %s cannot be read; the file is kept as %s", broken, path, kept)
    return [command for command in commands if command is not None]


def _command(line: bytes) -> Command | None:
    try:
        fields: dict[str, Any] = orjson.loads(line)
        return Command(**fields)
    except (orjson.JSONDecodeError, TypeError):
        return None
