"""What an agent's own file about its conversation says: it works, or its turn is over.

Some agents write every step of a conversation to a file of JSON lines. Only the last step that says
anything counts, and of it only its kind: no text of the conversation is kept. Sources: the files of
Claude Code (`~/.claude/projects/DIRECTORY/ID.jsonl`) and Codex (`~/.codex/sessions/Y/M/D/rollout-…-ID.jsonl`),
which their makers do not document: what is not recognised says nothing.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from maestro_tui.domain.status import ActivityState
from maestro_tui.rollouts import find_rollout

__all__ = ["Kind", "StateFile", "Step", "last_step"]

Kind = Literal["claude", "codex"]

TAIL_BYTES = 131_072
"""Of a file's end, to find the last step in: the steps of a conversation are a few KiB each."""
INTERRUPTED = "[Request interrupted by user"


@dataclass(frozen=True, slots=True)
class Step:
    """What the last step of a conversation says. detail: in words."""

    state: ActivityState
    detail: str


class StateFile:
    """The file of one conversation. Finding and reading it may take a while: not for the event loop."""

    def __init__(self, kind: Kind, conversation_id: str, cwd: str, environ: Mapping[str, str]) -> None:
        self._kind = kind
        self._conversation_id = conversation_id
        self._cwd = cwd
        self._environ = environ
        self._path: Path | None = None
        self._seen: tuple[int, int] | None = None
        self._step: Step | None = None

    def news(self) -> tuple[Step, int] | None:
        """A step that is new since the last look, and when it was written (Unix ms); None when there is none."""
        path = self._path = self._path or self._find()
        if path is None:
            return None
        try:
            status = path.stat()
            seen = status.st_size, status.st_mtime_ns
            if seen == self._seen:
                return None
            with path.open("rb") as file:
                file.seek(max(status.st_size - TAIL_BYTES, 0))
                tail = file.read(TAIL_BYTES)
        except OSError:
            self._path = None
            return None
        self._seen, before = seen, self._step
        self._step = last_step(self._kind, tail) or before
        if self._step is None or self._step == before:
            return None
        return self._step, status.st_mtime_ns // 1_000_000

    def _find(self) -> Path | None:
        home = Path(self._environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - of this user
        if self._kind == "claude":
            root = Path(self._environ.get("CLAUDE_CONFIG_DIR") or home / ".claude") / "projects"
            path = root / re.sub(r"[^A-Za-z0-9]", "-", self._cwd) / f"{self._conversation_id}.jsonl"
            return path if path.is_file() else None
        found = find_rollout(self._conversation_id, self._environ)
        return Path(found) if found else None


def last_step(kind: Kind, tail: bytes) -> Step | None:
    """What the last lines of such a file say; None when they say nothing that is known. Never raises."""
    read = _READERS[kind]
    for line in reversed(tail.split(b"\n")):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the first may be half a line, the last still being written
        if isinstance(entry, dict) and (step := read(entry)) is not None:
            return step
    return None


def _of_claude(entry: dict[str, Any]) -> Step | None:
    if entry.get("isSidechain") or not isinstance(message := entry.get("message"), dict):
        return None
    if entry.get("type") == "user":
        if INTERRUPTED in json.dumps(message.get("content"))[:2000]:
            return Step(ActivityState.IDLE, "its transcript: a person interrupted it")
        return Step(ActivityState.WORKING, "its transcript: it was given something to do")
    if entry.get("type") != "assistant":
        return None
    reason = message.get("stop_reason")
    if reason in ("end_turn", "stop_sequence"):
        return Step(ActivityState.IDLE, "its transcript: its turn is over")
    return Step(ActivityState.WORKING, "its transcript: it is in the middle of a turn")


def _of_codex(entry: dict[str, Any]) -> Step | None:
    payload = entry.get("payload")
    if not isinstance(payload, dict):
        return None
    kind = payload.get("type")
    if entry.get("type") == "event_msg":
        if kind in ("task_complete", "turn_complete"):
            return Step(ActivityState.IDLE, "its rollout: its turn is over")
        if kind == "turn_aborted":
            return Step(ActivityState.IDLE, "its rollout: its turn was broken off")
        if kind in ("task_started", "turn_started", "user_message"):
            return Step(ActivityState.WORKING, "its rollout: it has begun a turn")
        return None
    if entry.get("type") == "response_item" and kind in ("function_call", "function_call_output", "reasoning"):
        return Step(ActivityState.WORKING, "its rollout: it is in the middle of a turn")
    return None


_READERS: Mapping[Kind, Callable[[dict[str, Any]], Step | None]] = {"claude": _of_claude, "codex": _of_codex}
