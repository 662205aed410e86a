"""`maestro session export`: a session's recording as a file for others."""

from __future__ import annotations

from pathlib import Path

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.output import whole_text
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

__all__ = ["export"]

ASCIICAST, TEXT = "asciicast", "text"
CAST_TYPE = "application/x-asciicast"


def export(call: Call) -> Result | None:
    given = call.context.require_session(call.invocation.text("session"))
    kind = call.invocation.text("format") or ASCIICAST
    if kind not in (ASCIICAST, TEXT):
        raise Failure(
            "invalid_request",
            f"--format '{kind}' is not known; there are {ASCIICAST} and {TEXT}",
            suggestion=f"maestro session export {given} --format {ASCIICAST}",
        )
    since = call.number("since")
    read = _cast if kind == ASCIICAST else whole_text
    session_id, content = with_id(call, "session", given, lambda one: (one, read(call, one, since)))
    path = call.invocation.text("output")
    if path is None:
        call.output.raw(content)
        return None
    _write(path, content)
    about = {"sessionId": session_id, "path": path, "format": kind, "bytes": len(content)}
    hint = f"; asciinema play {path}" if kind == ASCIICAST else ""
    return Result(about, [f"{path}: {len(content)} bytes of {kind}{hint}"], [session_id])


def _cast(call: Call, session_id: str, since: int | None) -> bytes:
    path = f"/api/sessions/{session_id}/recording"
    return call.api.request("GET", path, params={"since": since}, accept=CAST_TYPE).body


def _write(path: str, content: bytes) -> None:
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise Failure(
            "invalid_request",
            f"{path} cannot be written: {error.strerror}",
            suggestion="name another file with -o",
        ) from error
