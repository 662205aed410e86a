"""One run of a command: what was typed, where we stand, whom to ask, where to print."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from maestro_tui import environment
from maestro_tui.cli.context import Context, debugging, visible_ascii
from maestro_tui.cli.diagnostics import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from maestro_tui.cli.output import Output
    from maestro_tui.cli.parser import Invocation
    from maestro_tui.cli.transport import Transport

__all__ = ["Call", "read_file", "read_stdin"]

LONGEST_KEY = 200


class Call:
    """What a command's function is given. The connection is made when it is first asked for."""

    def __init__(self, invocation: Invocation, environ: Mapping[str, str], output: Output) -> None:
        self.invocation = invocation
        self.output = output
        self.context = Context(environ, server=invocation.text("server"), project=invocation.text("project"))
        self._api: Transport | None = None

    @property
    def api(self) -> Transport:
        if self._api is None:
            self._api = self.connect()
        return self._api

    def connect(self, *, retries: int | None = None, timeout_seconds: float | None = None) -> Transport:
        """A transport; with fewer retries or less patience where somebody waits who must not.

        It becomes the one of this call.
        """
        from maestro_tui.cli.transport import TIMEOUT_SECONDS, Retries, Transport

        patience = Retries.from_settings(self.context.value)
        if retries is not None:
            patience = Retries(min(retries, patience.count), patience.delay_seconds)
        self._api = Transport(
            self.context.server(),
            retries=patience,
            key=self._pinned_key(),
            timeout_seconds=timeout_seconds or TIMEOUT_SECONDS,
            traceparent=self._traceparent(),
            moved=self.context.moved,
            say=self.debug if debugging(self.context.environ) else None,
        )
        return self._api

    def _pinned_key(self) -> str | None:
        """The idempotency key a framework around us wants used. Raises Failure when it is none."""
        key = self.context.environ.get(environment.IDEMPOTENCY_KEY) or None
        if key is not None and not (len(key) <= LONGEST_KEY and visible_ascii(key)):
            raise Failure(
                "invalid_request",
                f"{environment.IDEMPOTENCY_KEY} must be 1 to {LONGEST_KEY} visible ASCII characters",
                suggestion=f"unset {environment.IDEMPOTENCY_KEY}",
            )
        return key

    def _traceparent(self) -> str | None:
        """The trace this command is part of; what cannot be a header's value is none."""
        trace = self.context.environ.get(environment.TRACEPARENT)
        return trace if trace and visible_ascii(trace) else None

    @property
    def typed(self) -> str:
        """`maestro task update task_1`: the command and the task it was given, for suggestions."""
        if self.invocation.command is None:
            return "maestro"
        task = self.invocation.text("task")
        return " ".join(("maestro", self.invocation.command.path, *((task,) if task else ())))

    def close(self) -> None:
        if self._api is not None:
            self._api.close()

    def debug(self, line: str) -> None:
        """A line for whoever set MAESTRO_DEBUG, on stderr."""
        if debugging(self.context.environ):
            print(f"[maestro] {line}", file=sys.stderr)

    def text(self, key: str) -> str | None:
        """A value that was typed; `-` is standard input. None when it was not given."""
        value = self.invocation.text(key)
        return read_stdin() if value == "-" else value

    def require_text(self, key: str, what: str, how: str) -> str:
        """The same, but Failure when it is missing or blank. what: in the message; how: what to type."""
        value = (self.text(key) or "").strip()
        if not value:
            raise Failure("missing_required_field", f"{what} is missing", suggestion=how)
        return value

    def description(self) -> str | None:
        """`--desc TEXT` or `--file PATH`; None when neither was given."""
        written = self.file("file")
        return self.text("desc") if written is None else written

    def file(self, key: str) -> str | None:
        """What is in the file that a flag names, `-` for standard input; None when it was not given."""
        path = self.invocation.text(key)
        return path if path is None else read_stdin() if path == "-" else read_file(path)

    def number(self, key: str, *, least: int = 0) -> int | None:
        """A whole number that was typed, or None. Raises Failure for anything else."""
        value = self.invocation.text(key)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) >= least):
            raise Failure("invalid_request", f"--{key} must be a whole number from {least}, not '{value}'")
        return int(value)

    def seconds(self, key: str) -> float | None:
        """A number of seconds that was typed, or None. Raises Failure for anything else."""
        value = self.invocation.text(key)
        if value is None:
            return None
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < 1e9:
            raise Failure("invalid_request", f"--{key} must be a number of seconds, not '{value}'")
        return seconds

    def project_id(self) -> str:
        """The project in force; the only one there is, when none is named. Raises Failure."""
        if setting := self.context.project():
            return setting.value
        projects: list[dict[str, Any]] = self.api.get("/api/projects")
        if len(projects) == 1:
            return str(projects[0]["id"])
        if not projects:
            raise Failure(
                "missing_project_id", "There is no project yet", suggestion="maestro project create NAME"
            )
        raise Failure(
            "missing_project_id",
            f"There are {len(projects)} projects and none is chosen; "
            "give --project ID, export MAESTRO_PROJECT_ID=ID, or choose one for good",
            suggestion=f"maestro project use {projects[0]['id']}",
            details={"projects": [{"id": item["id"], "name": item["name"]} for item in projects]},
        )


def read_stdin() -> str:
    """All of it. Raises Failure when it is not text, or closed."""
    if sys.stdin is None:
        raise Failure("invalid_request", "Standard input is closed", suggestion="maestro --help")
    if sys.stdin.isatty():
        print("reading from the keyboard; Ctrl+D on a line of its own ends it", file=sys.stderr)
    try:
        return sys.stdin.read().strip("\n")
    except UnicodeDecodeError:
        raise Failure("invalid_request", "Standard input is not UTF-8 text", suggestion="maestro --help") from None


def read_file(path: str) -> str:
    """Raises Failure when it cannot be read."""
    from pathlib import Path  # costly to import, and few commands read a file

    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Failure("invalid_request", f"{path} cannot be read: {reason}", suggestion=f"ls -l {path}") from None
